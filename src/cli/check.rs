//! `fma-genre check`: what the decoder makes of each file.

use std::path::Path;

use anyhow::Result;
use fma_genre::Deadline;
use fma_genre::audio::{AudioLoader, DecodeStats};
use fma_genre::output::{self, Content, Destination, OutputError, OutputRules};
use fma_genre::payload::DiscoverOptions;

use super::args::CheckArgs;
use super::{Outcome, options};

const COLUMNS: [&str; 10] = [
    "file",
    "status",
    "seconds",
    "sample_rate",
    "channels",
    "frames",
    "damaged_frames",
    "skipped_bytes",
    "decoder",
    "remark",
];

/// One line of the report.
struct Finding {
    status: &'static str,
    /// What was decoded, if anything was: duration in seconds and statistics.
    decoded: Option<(f64, DecodeStats)>,
    remark: String,
}

pub(super) fn run(args: &CheckArgs, rules: &OutputRules) -> Result<Outcome> {
    let payload = options::find(&args.input, &DiscoverOptions::MUSIC_MP3, Deadline::NEVER)?;
    output::require_csv(&args.output)?;
    let rules = rules.with_force(args.force);
    let destination = Destination::prepare(&args.output, Content::Csv, &rules)?;
    destination.refuse_inputs(payload.paths())?;
    let mut loader = AudioLoader::default();
    let findings: Vec<Finding> = payload
        .paths()
        .map(|path| examine(&mut loader, path))
        .collect();
    destination.write(|sink| {
        let mut writer = csv::Writer::from_writer(sink);
        writer.write_record(COLUMNS)?;
        for (index, finding) in findings.iter().enumerate() {
            writer.write_field(
                payload
                    .path_below_root(index)
                    .as_os_str()
                    .as_encoded_bytes(),
            )?;
            writer.write_record(finding.fields())?;
        }
        writer.flush().map_err(OutputError::from)
    })?;
    let unusable = findings
        .iter()
        .filter(|finding| finding.status == "unusable")
        .count();
    tracing::info!("{} files, {unusable} unusable", findings.len());
    Ok(if args.strict && unusable > 0 {
        Outcome::Incomplete
    } else {
        Outcome::Success
    })
}

fn examine(loader: &mut AudioLoader, path: &Path) -> Finding {
    match loader.load(path) {
        Ok(audio) => {
            let remarks = audio.remarks();
            Finding {
                status: if remarks.is_empty() { "ok" } else { "warning" },
                decoded: Some((audio.seconds(), audio.stats)),
                remark: remarks.join("; "),
            }
        }
        Err(error) => Finding {
            status: "unusable",
            decoded: error.decoded(),
            remark: error.to_string(),
        },
    }
}

impl Finding {
    /// The columns behind `file`.
    fn fields(&self) -> [String; COLUMNS.len() - 1] {
        let [seconds, rate, channels, frames, damaged, skipped, decoder] = match &self.decoded {
            Some((seconds, stats)) => [
                format!("{seconds:.3}"),
                stats.sample_rate.to_string(),
                stats.channels.to_string(),
                stats.frames.to_string(),
                stats.frames_damaged.to_string(),
                stats.bytes_skipped.to_string(),
                stats.decoder().to_owned(),
            ],
            None => Default::default(),
        };
        let status = self.status.to_owned();
        let remark = self.remark.clone();
        [
            status, seconds, rate, channels, frames, damaged, skipped, decoder, remark,
        ]
    }
}
