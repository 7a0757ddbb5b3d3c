//! `fma-genre embed`.

use anyhow::{Result, bail};
use fma_genre::audio::{ClipSource, Formats};
use fma_genre::model::PatchFeatures;
use fma_genre::output::{NumberColumns, NumberKind, NumberRow, Numbers};
use fma_genre::panics;
use fma_genre::pipeline::{Analysis, AnalysisError, Analyzer, Status};

use super::RunEnd;
use super::args::EmbedArgs;
use super::job::{self, Tally};
use super::options::EmbedOptions;
use super::session::Session;

/// The rows of a file, and what the user should know of it.
struct FileRows {
    rows: Vec<PatchFeatures>,
    remark: Option<String>,
}

pub(super) fn run(args: &EmbedArgs, session: &Session) -> Result<RunEnd> {
    let options = EmbedOptions::resolve(args, session)?;
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
    let rows_of = |analysis: Analysis| FileRows {
        remark: analysis.remark,
        rows: if options.patches {
            analysis.features.patches
        } else {
            vec![PatchFeatures(analysis.features.pooled(layout))]
        },
    };
    let mut sink = options.output.open(&columns)?;
    let files = &job.payload;
    let mut tally = Tally::begin(&job.payload);
    let pace = job::run(
        session,
        files.len(),
        job.jobs,
        || Ok(Analyzer::new(&job.model, Formats::Mpeg, job.limits)?),
        |analyzer, index| {
            let analysis = analyzer.features(ClipSource::File(files.path(index)))?;
            panics::contain(|| rows_of(analysis)).map_err(AnalysisError::Panic)
        },
        |index, result| {
            let file = files.file(index);
            let status = status_of(&result);
            tally.count(status, result.as_ref().err());
            match result {
                Err(AnalysisError::Model(error)) => {
                    return Err(job::model_failure(&job.model, error));
                }
                Err(error) => tracing::warn!("{:?} {error}", file.path),
                Ok(FileRows { rows, remark }) => {
                    if let Some(remark) = remark {
                        tracing::warn!("{:?}: {remark}", file.path);
                    }
                    for (patch, PatchFeatures(row)) in rows.iter().enumerate() {
                        sink.write(&NumberRow {
                            id: file.id,
                            patch: u32::try_from(patch)?,
                            numbers: Numbers::Features(row),
                        })?;
                    }
                }
            }
            Ok(status)
        },
    )?;
    if tally.analysed == 0 {
        bail!("none of the {} files could be analysed", files.len());
    }
    sink.finish()?;
    tally.log(&pace, options.output.path(), "analysed", "left out");
    Ok(tally.outcome(job.strict))
}

fn status_of(result: &Result<FileRows, AnalysisError>) -> Status {
    match result {
        Ok(FileRows { remark: None, .. }) => Status::Ok,
        Ok(FileRows { .. }) => Status::Warning,
        Err(_) => Status::Unusable,
    }
}
