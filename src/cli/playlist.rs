//! `fma-genre playlist`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fma_genre::genre::{GENRE_COUNT, GENRES, genre_named, most_probable};
use fma_genre::output::{Content, Destination, OutputError};
use fma_genre::pipeline::Status;
use fma_genre::playlist::{Track, file_name, write_m3u8};
use fma_genre::results::FileResult;

use super::args::PlaylistArgs;
use super::session::Session;
use super::{RunEnd, input};

pub(super) fn run(args: &PlaylistArgs, session: &Session) -> Result<RunEnd> {
    let wanted = args.genre.as_deref().map(genre_named).transpose()?;
    let mut lists: [Vec<Track>; GENRE_COUNT] = Default::default();
    let mut files = 0;
    for result in input::results(&args.results)? {
        let result = result?;
        files += 1;
        if let Some(genre) = genre_of(&result, wanted, args.min_probability) {
            lists[genre].push(Track::from(&result));
        }
    }
    if files == 0 {
        return Err(input::no_results(&args.results));
    }
    let outputs: Vec<(usize, PathBuf)> = match (wanted, &args.output, &args.all) {
        (Some(genre), Some(path), _) => vec![(genre, path.clone())],
        (_, _, Some(folder)) => (0..GENRE_COUNT)
            .filter(|genre| !lists[*genre].is_empty())
            .map(|genre| (genre, folder.join(file_name(GENRES[genre]))))
            .collect(),
        _ => bail!("--genre with -o, or --all"),
    };
    // All places are looked at before anything is written.
    let rules = session.rules.with_force(args.force);
    let outputs: Vec<(usize, Destination)> = outputs
        .into_iter()
        .map(|(genre, path)| Ok((genre, prepare(&path, args, &rules)?)))
        .collect::<Result<_>>()?;
    for (genre, destination) in &outputs {
        write(GENRES[*genre], destination, &lists[*genre])?;
    }
    if outputs.is_empty() {
        tracing::warn!(
            "no file has a genre of probability {}",
            args.min_probability
        );
    }
    Ok(RunEnd::Success)
}

/// Which list a file belongs to.
fn genre_of(result: &FileResult, wanted: Option<usize>, least: f64) -> Option<usize> {
    if result.status == Status::Unusable {
        return None;
    }
    let genre = wanted.unwrap_or_else(|| most_probable(&result.probabilities));
    (result.probabilities[genre] >= least).then_some(genre)
}

fn prepare(
    path: &Path,
    args: &PlaylistArgs,
    rules: &fma_genre::output::OutputRules,
) -> Result<Destination> {
    let is_known = path.extension().is_some_and(|ending| ending == "m3u8");
    if !is_known && path != Path::new("-") {
        bail!("cannot write to {path:?}: a playlist's name ends in .m3u8");
    }
    let destination = Destination::prepare(path, Content::Playlist, rules)?;
    if !input::is_stdin(&args.results) {
        destination.refuse_inputs([args.results.as_path()])?;
    }
    Ok(destination)
}

fn write(genre: &str, destination: &Destination, tracks: &[Track]) -> Result<()> {
    let path = destination.path();
    let folder = path.parent().unwrap_or(Path::new(""));
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let mut left_out = Vec::new();
    destination
        .write(|output| {
            left_out = write_m3u8(output, genre, folder, tracks).map_err(OutputError::from)?;
            Ok(())
        })
        .context("the playlist was not written")?;
    for path in &left_out {
        tracing::warn!("{path:?} is left out: a playlist cannot name it");
    }
    tracing::info!("wrote {path:?}: {} files", tracks.len() - left_out.len());
    Ok(())
}
