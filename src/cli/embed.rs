//! `fma-genre embed`.

use anyhow::{Result, bail};
use fma_genre::model::PatchFeatures;
use fma_genre::output::{NumberColumns, NumberKind, NumberRow, Numbers, OutputRules};

use super::args::EmbedArgs;
use super::options::EmbedOptions;
use super::{Outcome, job};

pub(super) fn run(args: &EmbedArgs, rules: &OutputRules) -> Result<Outcome> {
    let options = EmbedOptions::resolve(args, rules)?;
    let job = &options.job;
    let layout = job.model.layout();
    let columns = NumberColumns {
        patches: options.patches,
        names: if options.patches {
            layout.patch_names().to_vec()
        } else {
            layout.pooled_names()
        },
        kind: NumberKind::Features,
    };
    let mut sink = options.output.open(&columns)?;
    let (results, summary) = job::run(job, |_, analysis| {
        Ok(if options.patches {
            analysis.features.patches
        } else {
            vec![PatchFeatures(analysis.features.pooled(layout))]
        })
    })?;
    if results.iter().flatten().flatten().next().is_none() {
        bail!("none of the {} files could be analysed", job.payload.len());
    }
    for (file, rows) in job.payload.iter().zip(results) {
        for (index, PatchFeatures(row)) in rows.into_iter().flatten().enumerate() {
            sink.write(&NumberRow {
                id: file.id,
                patch: u32::try_from(index)?,
                numbers: Numbers::Features(&row),
            })?;
        }
    }
    sink.finish()?;
    summary.log(options.output.path(), "analysed", "left out");
    Ok(summary.outcome(job.strict))
}
