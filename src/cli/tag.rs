//! `fma-genre tag`.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use fma_genre::genre::Probabilities;
use fma_genre::pipeline::Status;
use fma_genre::pipeline::stream::StreamEnd;
use fma_genre::tagging::{
    Backup, GenreChoice, GenreMap, TagOutcome, Tagger, TaggerError, Undone, Values, undo,
};

use super::args::TagArgs;
use super::job;
use super::session::Session;
use super::{RunEnd, files, input, jobs, options, stdout};

pub(super) fn run(args: &TagArgs, session: &Session) -> Result<RunEnd> {
    if let Some(backup) = &args.undo {
        return take_back(backup, session);
    }
    let results = input::results_among(&args.paths)?;
    let mut run = Run::begin(args, session)?;
    session.interrupts.finish_first();
    let end = match results {
        Some(path) => tag_results(&mut run, path)?,
        None => tag_files(&mut run, args)?,
    };
    run.finish(end)
}

/// A run of tagging, and how its files fared.
struct Run<'s> {
    session: &'s Session,
    choice: GenreChoice,
    tagger: Tagger,
    files: usize,
    tagged: usize,
    failed: usize,
}

impl<'s> Run<'s> {
    fn begin(args: &TagArgs, session: &'s Session) -> Result<Self> {
        let map = match &args.map {
            Some(path) => {
                let file = fs::File::open(path).with_context(|| format!("cannot open {path:?}"))?;
                GenreMap::from_csv(file).with_context(|| format!("cannot use the map {path:?}"))?
            }
            None => GenreMap::default(),
        };
        let backup = match args.write {
            true => Some(Backup::open(&args.backup)?),
            false => None,
        };
        let mut tagger = Tagger::new(backup, session.rules.unfinished.clone());
        tagger.overwrite = args.overwrite;
        Ok(Self {
            session,
            choice: GenreChoice {
                min_probability: args.min_probability,
                top: args.top,
                values: match &args.separator {
                    Some(separator) => Values::Joined(separator.clone()),
                    None => Values::Several,
                },
                map,
            },
            tagger,
            files: 0,
            tagged: 0,
            failed: 0,
        })
    }

    /// Tags one file, and says so.
    fn tag(&mut self, path: &Path, usable: Result<&Probabilities, &str>) -> Result<()> {
        self.files += 1;
        let line = match usable {
            Err(remark) => format!("kept, there is nothing to go by: it {remark}"),
            Ok(probabilities) => self.outcome(path, probabilities)?,
        };
        let line = format!("{path:?}: {line}\n");
        self.session.console.suspend(|| stdout::print(&line))
    }

    fn outcome(&mut self, path: &Path, probabilities: &Probabilities) -> Result<String> {
        let choice = self.choice.choose(probabilities);
        let (best, probability) = (choice.best, choice.probability);
        if choice.values.is_empty() {
            return Ok(format!(
                "kept, no genre is probable enough ({best} {probability:.2})"
            ));
        }
        let genres = choice.values.join("; ");
        Ok(match self.tagger.tag(path, &choice.values) {
            Ok(TagOutcome::Tagged(old)) => {
                self.tagged += 1;
                let old = old.map(|genre| format!(" instead of {genre:?}"));
                format!("{genres} ({probability:.2}){}", old.unwrap_or_default())
            }
            Ok(TagOutcome::HasGenre(genre)) => format!("kept, its genre is {genre:?}"),
            Ok(TagOutcome::Unchanged) => format!("kept, it says {genres} already"),
            Err(TaggerError::File(error)) => {
                self.failed += 1;
                format!("cannot be tagged: {error}")
            }
            Err(error) => return Err(error.into()),
        })
    }

    /// Says what was done, and how to take it back.
    fn finish(self, end: StreamEnd) -> Result<RunEnd> {
        let Self { files, tagged, .. } = self;
        let summary = match &self.tagger.backup {
            Some(backup) => format!(
                "{tagged} of {files} files got a genre; `fma-genre tag --undo {}` takes it back\n",
                backup.path().display()
            ),
            None => format!("{tagged} of {files} files would get a genre; --write does it\n"),
        };
        stdout::print(&summary)?;
        Ok(match end {
            StreamEnd::Stopped => RunEnd::Interrupted,
            _ if self.failed > 0 => RunEnd::Incomplete,
            _ => RunEnd::Success,
        })
    }
}

/// Tags the files of results that were written earlier.
fn tag_results(run: &mut Run<'_>, path: &Path) -> Result<StreamEnd> {
    let mut results = 0;
    // Before anything is written: results that end too early would tag a part.
    for result in input::results(path)? {
        result?;
        results += 1;
    }
    if results == 0 {
        return Err(input::no_results(path));
    }
    // A file that changed since may sound otherwise.
    run.tagger.not_after = fs::metadata(path).and_then(|m| m.modified()).ok();
    for result in input::results(path)? {
        let result = result?;
        if run.session.interrupts.came().load(Ordering::SeqCst) {
            return Ok(StreamEnd::Stopped);
        }
        let usable = match result.status {
            Status::Unusable => Err(result.remark.as_deref().unwrap_or("is unusable")),
            Status::Ok | Status::Warning => Ok(&result.probabilities),
        };
        run.tag(&result.path, usable)?;
    }
    Ok(StreamEnd::Complete)
}

/// Classifies files and tags each when its turn comes.
fn tag_files(run: &mut Run<'_>, args: &TagArgs) -> Result<StreamEnd> {
    let listening = &args.listening;
    let model = options::resolve_model(listening.model.as_deref())?;
    let payload = files::search_in(&args.paths)?;
    let question = options::question(&model, listening)?;
    let pace = job::classify(
        run.session,
        &question,
        jobs::resolve(listening.jobs),
        payload.len(),
        |index| payload.file(index),
        |record, _| {
            let usable = match record.status {
                Status::Unusable => Err(record.remark.as_deref().unwrap_or("is unusable")),
                Status::Ok | Status::Warning => Ok(&record.probabilities),
            };
            run.tag(&record.path, usable)
        },
    )?;
    Ok(pace.end)
}

fn take_back(backup: &Path, session: &Session) -> Result<RunEnd> {
    let (mut restored, mut refused) = (0, 0);
    let mut printed = Ok(());
    undo(backup, &session.rules.unfinished, |path, undone| {
        let line = match undone {
            Undone::Restored => {
                restored += 1;
                format!("{path:?}: as before\n")
            }
            Undone::AsBefore => return,
            Undone::Refused(error) => {
                refused += 1;
                format!("{path:?}: cannot be restored: {error}\n")
            }
        };
        if printed.is_ok() {
            printed = stdout::print(&line);
        }
    })?;
    printed?;
    stdout::print(&format!("{restored} files have their old bytes again\n"))?;
    Ok(match refused {
        0 => RunEnd::Success,
        _ => RunEnd::Incomplete,
    })
}
