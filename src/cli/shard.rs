//! `--shard`: working on a share of the files, and noting what it was.

use std::path::Path;

use anyhow::{Context, Result, bail};
use fma_genre::model::{Manifest, Prior};
use fma_genre::output::{Content, Destination, OutputError, OutputRules};
use fma_genre::payload::{Payload, Portion, Shard};
use fma_genre::shards::{MadeBy, ShardNote, note_path};

/// The shard that a run works on.
pub(super) struct ShardRun {
    shard: Shard,
    portion: Portion,
    note: Destination,
    made_by: MadeBy,
}

impl ShardRun {
    /// Leaves the shard's files in `payload`, and finds a place for its note beside
    /// `output`.
    pub(super) fn begin(
        shard: Shard,
        payload: &mut Payload,
        output: &Path,
        rules: &OutputRules,
        made_by: MadeBy,
    ) -> Result<Self> {
        let is_stream = output == Path::new("-") || output.metadata().is_ok_and(|m| !m.is_file());
        if is_stream {
            bail!("--shard needs an output file: a note for `fma-genre merge` lies beside it");
        }
        if !matches!(made_by.format.as_str(), "csv" | "jsonl" | "parquet") {
            bail!("--shard writes .csv, .jsonl and .parquet");
        }
        let note = note_path(output);
        let note = Destination::prepare(&note, Content::ShardNote, rules)?;
        note.refuse_inputs(payload.paths())?;
        let portion = payload.keep(shard);
        tracing::info!(
            "shard {shard} has {} of {} files",
            portion.positions.len(),
            portion.files
        );
        Ok(Self {
            shard,
            portion,
            note,
            made_by,
        })
    }

    /// Writes the note when the output is complete.
    pub(super) fn finish(self, output: &Path) -> Result<()> {
        let note = ShardNote::of_output(output, self.shard, self.made_by, self.portion);
        let note = note.with_context(|| format!("cannot read {output:?} again"))?;
        self.note
            .write(|output| serde_json::to_writer(output, &note).map_err(OutputError::from))?;
        Ok(())
    }
}

/// What makes the rows of `predict`; `classify` adds its own.
pub(super) fn made_by(
    command: &str,
    format: &str,
    manifest: &Manifest,
    prior: (&str, &Prior),
) -> MadeBy {
    MadeBy {
        command: command.into(),
        format: format.into(),
        program_version: env!("CARGO_PKG_VERSION").into(),
        model: manifest.name.clone(),
        model_version: manifest.version.clone(),
        prior: prior.0.into(),
        prior_probabilities: *prior.1.probabilities(),
        top: None,
        min_probability: None,
        timeline: None,
    }
}
