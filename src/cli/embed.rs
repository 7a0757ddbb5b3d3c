//! `fma-genre embed`.

use anyhow::{Result, bail};
use fma_genre::model::PatchFeatures;
use fma_genre::output::{Table, Values};
use ndarray::Array2;

use super::args::EmbedArgs;
use super::options::EmbedOptions;
use super::{Outcome, job};

pub(super) fn run(args: &EmbedArgs) -> Result<Outcome> {
    let options = EmbedOptions::resolve(args)?;
    let job = &options.job;
    let layout = job.model.layout();
    let (results, summary) = job::run(job, |_, analysis| {
        Ok(if options.patches {
            analysis.features.patches
        } else {
            vec![PatchFeatures(analysis.features.pooled(layout))]
        })
    })?;
    let columns = if options.patches {
        layout.patch_names().to_vec()
    } else {
        layout.pooled_names()
    };

    let mut ids = Vec::new();
    let mut patches = Vec::new();
    let mut values = Vec::new();
    for (file, rows) in job.payload.files.iter().zip(results) {
        for (index, PatchFeatures(row)) in rows.into_iter().flatten().enumerate() {
            ids.push(file.id.clone());
            patches.push(u32::try_from(index)?);
            values.extend(row);
        }
    }
    if ids.is_empty() {
        bail!(
            "none of the {} files could be analysed",
            job.payload.files.len()
        );
    }
    let table = Table {
        patches: options.patches.then_some(patches),
        values: Values::Features(Array2::from_shape_vec((ids.len(), columns.len()), values)?),
        ids,
        columns,
    };
    options.output.write(&table)?;
    summary.log(options.output.path(), "analysed", "left out");
    Ok(summary.outcome(job.strict))
}
