//! `fma-genre report`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fma_genre::metrics::{Bootstrap, Evaluation};
use fma_genre::output::{Content, Destination, OutputError};
use fma_genre::payload::PayloadFile;
use fma_genre::pipeline::Question;
use fma_genre::report::{Judged, Map, Report, Track};
use fma_genre::submission::{self, Coverage, Labels, Prediction, Predictions};

use super::args::ReportArgs;
use super::job::{self, Tally};
use super::session::Session;
use super::{RunEnd, files, input, jobs, options};

/// What a report is made from.
struct Collection {
    tracks: Vec<Track>,
    /// One per track; empty unless there is to be a map.
    embeddings: Vec<Option<Vec<f32>>>,
    model: String,
    prior: String,
    title: String,
}

pub(super) fn run(args: &ReportArgs, session: &Session) -> Result<RunEnd> {
    let ending = args.output.extension().and_then(|ending| ending.to_str());
    if !matches!(ending, Some("html" | "htm")) && args.output != Path::new("-") {
        bail!(
            "cannot write to {:?}: a report's name ends in .html",
            args.output
        );
    }
    let rules = session.rules.with_force(args.force);
    let destination = Destination::prepare(&args.output, Content::Report, &rules)?;
    destination.refuse_inputs(args.paths.iter().map(PathBuf::as_path))?;
    let labels = match &args.labels {
        Some(path) => {
            let (origin, reader) = input::open(path)?;
            Some(Labels::read(&origin, reader)?)
        }
        None => None,
    };
    let collection = match input::results_among(&args.paths)? {
        Some(path) => read(path, args, session)?,
        None => listen(args, session)?,
    };
    let map = args.map.then(|| Map::new(&collection.embeddings));
    let judged = match &labels {
        Some(labels) => Some(judge(&collection.tracks, labels)?),
        None => None,
    };
    let report = Report {
        title: args.title.clone().unwrap_or(collection.title),
        tracks: &collection.tracks,
        model: collection.model,
        prior: collection.prior,
        map: map.as_ref(),
        judged: judged.as_ref(),
    };
    destination.write(|output| {
        let written = report.write(output);
        written.map_err(|error| OutputError::Write(std::io::Error::other(error)))
    })?;
    tracing::info!("wrote {:?}: {} files", args.output, collection.tracks.len());
    Ok(RunEnd::Success)
}

/// From results that were written earlier; only a map needs the files themselves.
fn read(path: &Path, args: &ReportArgs, session: &Session) -> Result<Collection> {
    if args.timeline.is_some() {
        bail!(
            "--timeline is for files; these results have a timeline if classify was asked for one"
        );
    }
    let (mut tracks, mut used) = (Vec::new(), None);
    for result in input::results(path)? {
        let result = result?;
        if used.as_ref().is_some_and(|used| *used != result.model) {
            bail!("the results in {path:?} are of several models or priors: they do not compare");
        }
        used = Some(result.model.clone());
        tracks.push(Track::from(result));
    }
    let used = used.ok_or_else(|| input::no_results(path))?;
    let embeddings = match args.map {
        true => embed(&tracks, args, session)?,
        false => Vec::new(),
    };
    Ok(Collection {
        tracks,
        embeddings,
        model: format!("{} {}", used.name, used.version),
        prior: used.prior,
        title: title(path),
    })
}

/// Classifies the files first.
fn listen(args: &ReportArgs, session: &Session) -> Result<Collection> {
    let listening = &args.listening;
    let model = options::resolve_model(listening.model.as_deref())?;
    let payload = files::search_in(&args.paths)?;
    let question = Question {
        timeline: args.timeline,
        read_tags: true,
        embedding: args.map,
        ..options::question(&model, listening)?
    };
    let mut collection = Collection {
        tracks: Vec::new(),
        embeddings: Vec::new(),
        model: format!("{} {}", model.manifest().name, model.manifest().version),
        prior: options::name_of_prior(&listening.prior),
        title: match &args.paths[..] {
            [path] => title(path),
            _ => "Music".into(),
        },
    };
    let mut tally = Tally::begin(&payload);
    let pace = job::classify(
        session,
        &question,
        jobs::resolve(listening.jobs),
        payload.len(),
        |index| payload.file(index),
        |mut record, error| {
            job::report(&record, error);
            tally.count(record.status, error);
            if args.map {
                collection.embeddings.push(record.embedding.take());
            }
            collection.tracks.push(Track::from(record));
            Ok(())
        },
    )?;
    tally.log(&pace, &args.output, "classified", "unusable");
    Ok(collection)
}

/// The embeddings of tracks that were classified earlier.
fn embed(tracks: &[Track], args: &ReportArgs, session: &Session) -> Result<Vec<Option<Vec<f32>>>> {
    let listening = &args.listening;
    let model = options::resolve_model(listening.model.as_deref())?;
    let question = Question {
        embedding: true,
        ..options::question(&model, listening)?
    };
    let mut embeddings = Vec::with_capacity(tracks.len());
    let mut missing = 0_usize;
    job::classify(
        session,
        &question,
        jobs::resolve(listening.jobs),
        tracks.len(),
        |index| PayloadFile {
            path: &tracks[index].path,
            id: tracks[index].id.as_bytes(),
        },
        |record, _| {
            missing += usize::from(record.embedding.is_none());
            embeddings.push(record.embedding);
            Ok(())
        },
    )?;
    if missing > 0 {
        tracing::warn!("{missing} files are not on the map: they are not there, or not usable");
    }
    Ok(embeddings)
}

/// Compares with labels, as `score --partial` does.
fn judge(tracks: &[Track], labels: &Labels) -> Result<Judged> {
    let rows = tracks.iter().zip(1..).map(|(track, line)| Prediction {
        line,
        id: track.id.clone().into_bytes(),
        probabilities: track.probabilities,
    });
    let predictions = Predictions {
        origin: "the results".into(),
        rows: rows.collect(),
    };
    let pairs = submission::pair(&predictions, labels, Coverage::Partial)
        .context("cannot compare with the labels")?;
    let evaluation = Evaluation::new(&pairs.samples, Bootstrap::default());
    let left_out = pairs.left_out.predictions + pairs.left_out.labels;
    Ok(Judged::new(&evaluation, left_out))
}

/// The last part of a path, as a heading.
fn title(path: &Path) -> String {
    let absolute = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let name = absolute.file_stem().unwrap_or(absolute.as_os_str());
    name.to_string_lossy().into_owned()
}
