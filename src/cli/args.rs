//! The flags as they are typed.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use fma_genre::genre::GENRE_COUNT;
use fma_genre::payload::Shard;

/// Music genre classification, offline: mp3 files in, 16 genre probabilities
/// per file out.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,

    /// Say more on standard error (-v: every file, -vv: everything)
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(super) verbose: u8,

    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Classify every mp3 in a folder and write their probabilities
    #[command(after_help = PREDICT_HELP)]
    Predict(PredictArgs),
    /// Say what genres the music in files and folders is
    #[command(after_help = CLASSIFY_HELP)]
    Classify(ClassifyArgs),
    /// Put the outputs of shards together
    #[command(after_help = MERGE_HELP)]
    Merge(MergeArgs),
    /// Make a page about a collection: genres, a table to search, timelines, a map
    #[command(after_help = REPORT_HELP)]
    Report(ReportArgs),
    /// Write the genre into the files: what it would write, or with --write the tags
    #[command(after_help = TAG_HELP)]
    Tag(TagArgs),
    /// Make playlists of the files of a genre
    #[command(after_help = PLAYLIST_HELP)]
    Playlist(PlaylistArgs),
    /// Write tag logits, embeddings and pooled layers of every mp3 in a folder
    #[command(after_help = EMBED_HELP)]
    Embed(EmbedArgs),
    /// Decode every mp3 in a folder and report what is wrong with them, as CSV
    #[command(after_help = CHECK_HELP)]
    Check(CheckArgs),
    /// Compare predictions with labels: log loss, accuracy, F1 and more
    #[command(after_help = SCORE_HELP)]
    Score(ScoreArgs),
    /// Check that a file of predictions is a valid submission
    #[command(after_help = VALIDATE_HELP)]
    Validate(ValidateArgs),
    /// Print what a shell needs to complete this program's flags
    Completions(CompletionsArgs),
    /// Write the manual pages of this program and its commands
    Man(ManArgs),
}

const PREDICT_HELP: &str = "\
Exit codes:
  0  the output was written, with one row for every mp3
  1  usage or environment error, nothing was written
  2  with --strict: the output was written, but some rows are not classifications

A file that cannot be classified (damaged, silent, not an mp3, ...) gets the class prior as its row \
and a warning on standard error.";

const CLASSIFY_HELP: &str = "\
Formats: table (.txt) is for people, jsonl (.jsonl, .ndjson) has everything that is known of a file, \
parquet (.parquet) nearly that, csv (.csv) ids and probabilities alone.

Exit codes:
  0    all files were looked at; those that cannot be used are named, in the output too
  1    usage or environment error, or the run stopped; the output is as it was
  2    the output was written, but a PATH is not there; with --strict also if a file is unusable (one \
of a list that is not there is, too) or a folder could not be read
  130  interrupted: go on with --resume

While it writes to a file, a journal of the results stands beside it (FILE.journal) until the output \
is complete. After a crash, a kill or Ctrl-C, the same command with --resume goes on from it; files \
whose size or date changed since are done again.";

const MERGE_HELP: &str = "\
Each shard is an output of predict or classify with --shard I/N, and its note (FILE.shard.json) lies \
beside it. The shards may come in any order. They must be all N, each once, of the same files, made with \
the same model, prior and options: then the rows come in the order and the bytes of a run without \
--shard.

Exit codes: 0 merged (or with --check: complete), 1 not (standard error says why; nothing was written).";

const REPORT_HELP: &str = "\
The page is one file that needs nothing but a browser. From results of classify it is made in a moment; \
given files and folders, it listens to them first. --map listens in any case.

Exit codes: 0 written, 1 not (standard error says why).";

const TAG_HELP: &str = "\
Without --write nothing is changed: each line says what would be. With it, each file is replaced in one \
step by a copy that was checked to have the same audio and the same other tags; owner, mode and dates \
stay. Before that the backup has what --undo needs to give every file its very bytes back.

The genre goes into ID3v2 TCON (mp3, wav, aiff), the Vorbis comment GENRE (flac, ogg) or the atom ©gen \
(m4a). A file keeps the genre that it has, unless --overwrite is given. Files that are read-only, have \
several names (hard links), were changed since they were classified or whose tags cannot be kept are \
left as they are, and named.

Exit codes: 0 done, 1 nothing was done, 2 some files cannot be tagged, 130 interrupted.";

const PLAYLIST_HELP: &str = "\
RESULTS is what `fma-genre classify -o RESULTS.jsonl` wrote; run this in the folder where that ran. The \
paths in a playlist are relative to the folder that it lies in. With --genre a file is listed if that \
genre is probable enough, with --all under its most probable genre.

Exit codes: 0 written, 1 not (standard error says why).";

const EMBED_HELP: &str = "\
Exit codes: 0 and 1 as for predict; 2 with --strict if a file has no row.

A file that cannot be analysed has no row; a warning names it. An .npy file holds the numbers alone: \
the ids of its rows are written beside it, to FILE.ids.csv.";

const CHECK_HELP: &str = "\
Columns: file (relative path), status (ok, warning, unusable), seconds of audio, sample_rate and \
channels of the first frame, frames decoded, damaged_frames, skipped_bytes (between frames, in none), \
decoder, remark.

Exit codes: 0 and 1 as for predict; 2 with --strict if a file is unusable or a folder could not be \
read.";

const SCORE_HELP: &str = "\
Log loss is the challenge's: probabilities clipped to 1e-15, rows divided by their sum; --json has \
today's scikit-learn's beside it. Accuracy is what its leaderboard called F1. Balanced figures are \
means over the genres that have labels. The calibration error is the expected one, over 15 bins of \
the highest probability. docs/scoring.md has the formulas.

Ids must be equal byte by byte, except for labels with the header track_id,genre (the starter kit's) \
and FMA's tracks.csv: these are numbers, and 2 is 000002.

Exit codes: 0 scored, 1 nothing was scored or the result could not be printed (standard error says \
why).";

const VALIDATE_HELP: &str = "\
Valid is: the exact header, at least one row, an id in every row and none of them twice, 16 numbers \
from 0 to 1 that sum to 1 within 0.001.

Exit codes: 0 valid, 1 not valid or not readable (standard error says why).";

/// What `predict` and `embed` share.
#[derive(Debug, ClapArgs)]
pub(super) struct JobArgs {
    /// Folder that is searched for mp3 files, or one file [default: $TEST_DIRECTORY or
    /// /crowdai-payload]
    #[arg(value_name = "DIR")]
    pub(super) input: Option<PathBuf>,

    /// Files to work on at the same time [default: number of processors]
    #[arg(short, long, value_name = "N")]
    pub(super) jobs: Option<NonZero<usize>>,

    /// A bundled model's name or a model folder
    #[arg(short, long, value_name = "NAME|DIR")]
    pub(super) model: Option<PathBuf>,

    /// Give up on a file that takes longer than this, such as 90s or 2h
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    pub(super) file_timeout: Duration,

    /// Exit with 2 if a file could not be analysed
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct PredictArgs {
    #[command(flatten)]
    pub(super) job: JobArgs,

    /// Where to write: CSV, or by its ending .npy or .parquet; - is standard output [default:
    /// $OUTPUT_PATH or /tmp/output.csv]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Replace FILE even if it does not look like an output of this program
    #[arg(long)]
    pub(super) force: bool,

    /// Class prior of the music: fma, uniform, or a CSV with the columns genre,weight
    #[arg(long, value_name = "PRIOR", default_value = "fma")]
    pub(super) prior: PathBuf,

    /// Work on shard I of N alone, counted from 0; fma-genre merge puts the outputs together
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<Shard>,

    /// Finish within this time, such as 9h30m or 90s; files not reached get the class prior
    /// [default: $FMA_GENRE_DEADLINE or none]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) deadline: Option<Duration>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ClassifyArgs {
    /// Files, and folders that are searched for music
    #[arg(value_name = "PATH", required_unless_present = "files_from")]
    pub(super) paths: Vec<PathBuf>,

    /// Also the files and folders that FILE names, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) files_from: Option<PathBuf>,

    /// The names in FILE end in NUL, not in line feeds, as find -print0 writes them
    #[arg(short = '0', long, requires = "files_from")]
    pub(super) null: bool,

    /// Where to write, in the format that its ending asks for; - is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(super) output: PathBuf,

    /// Write this format, whatever FILE ends in [default: table on standard output]
    #[arg(long, value_enum)]
    pub(super) format: Option<Format>,

    /// List so many of the most probable genres
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = parse_top)]
    pub(super) top: usize,

    /// Below this probability, from 0 to 1, the genre is unknown
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = parse_probability)]
    pub(super) min_probability: f64,

    /// Class prior of the music: fma, uniform, or a CSV with the columns genre,weight
    #[arg(long, value_name = "PRIOR", default_value = "fma")]
    pub(super) prior: PathBuf,

    /// Also probabilities for every so many seconds of a file (jsonl alone has room for them)
    #[arg(long, value_name = "SECONDS", value_parser = parse_segment)]
    pub(super) timeline: Option<Duration>,

    /// Work on shard I of N alone, counted from 0; fma-genre merge puts the outputs together
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<Shard>,

    /// Give up on a file that takes longer than this, such as 90s or 2h
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    pub(super) file_timeout: Duration,

    /// A bundled model's name or a model folder
    #[arg(short, long, value_name = "NAME|DIR")]
    pub(super) model: Option<PathBuf>,

    /// Files to work on at the same time [default: number of processors]
    #[arg(short, long, value_name = "N")]
    pub(super) jobs: Option<NonZero<usize>>,

    /// Go on from the journal of a run that did not end
    #[arg(long, conflicts_with = "force")]
    pub(super) resume: bool,

    /// Begin anew though a run did not end, and replace FILE even if it does not look like an output
    /// of this program
    #[arg(long)]
    pub(super) force: bool,

    /// Exit with 2 if a file is unusable or a folder cannot be read
    #[arg(long)]
    pub(super) strict: bool,
}

/// What `classify` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Table,
    /// One JSON object per file, with everything that is known of it
    Jsonl,
    /// The challenge's: ids and probabilities
    Csv,
    /// Apache Parquet
    Parquet,
}

fn parse_top(text: &str) -> Result<usize, String> {
    let top = text
        .parse()
        .ok()
        .filter(|top| (1..=GENRE_COUNT).contains(top));
    top.ok_or_else(|| format!("must be from 1 to {GENRE_COUNT}"))
}

fn parse_probability(text: &str) -> Result<f64, &'static str> {
    let probability = text.parse().ok().filter(|p| (0.0..=1.0).contains(p));
    probability.ok_or("must be a number from 0 to 1")
}

fn parse_separator(text: &str) -> Result<String, &'static str> {
    let is_fine = !text.is_empty() && !text.chars().any(char::is_control);
    is_fine
        .then(|| text.to_owned())
        .ok_or("must have at least one character, and none that is not printed")
}

/// Segments shorter than a patch would say the same as their neighbours.
const LEAST_SEGMENT: f64 = 1.0;

fn parse_segment(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .ok()
        .filter(|seconds| *seconds >= LEAST_SEGMENT);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("must be a number of seconds, at least {LEAST_SEGMENT}"))
}

#[derive(Debug, ClapArgs)]
pub(super) struct MergeArgs {
    /// Outputs of all shards
    #[arg(value_name = "SHARD", required = true)]
    pub(super) shards: Vec<PathBuf>,

    /// Where to write, in the format of the shards; - is standard output
    #[arg(short, long, value_name = "FILE", required_unless_present = "check")]
    pub(super) output: Option<PathBuf>,

    /// Write nothing: only say whether all shards are there, and as they were written
    #[arg(long, conflicts_with = "output")]
    pub(super) check: bool,

    /// Replace FILE even if it does not look like an output of this program
    #[arg(long)]
    pub(super) force: bool,
}

/// How the files of `report` and `tag` are classified.
#[derive(Debug, ClapArgs)]
pub(super) struct ListeningArgs {
    /// Class prior of the music: fma, uniform, or a CSV with the columns genre,weight
    #[arg(long, value_name = "PRIOR", default_value = "fma")]
    pub(super) prior: PathBuf,

    /// Give up on a file that takes longer than this, such as 90s or 2h
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    pub(super) file_timeout: Duration,

    /// A bundled model's name or a model folder
    #[arg(short, long, value_name = "NAME|DIR")]
    pub(super) model: Option<PathBuf>,

    /// Files to classify at the same time [default: number of processors]
    #[arg(short, long, value_name = "N")]
    pub(super) jobs: Option<NonZero<usize>>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ReportArgs {
    /// Files and folders that are classified, or one file of results (.jsonl) as classify writes them
    #[arg(value_name = "PATH|RESULTS.jsonl", required = true)]
    pub(super) paths: Vec<PathBuf>,

    /// Where to write the page (.html); - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,

    /// Also a map on which files that sound alike lie together, and what each sounds like
    #[arg(long)]
    pub(super) map: bool,

    /// Compare with the true genres: a CSV with the header file_id,genre or track_id,genre, or FMA's
    /// tracks.csv
    #[arg(short, long, value_name = "LABELS.csv")]
    pub(super) labels: Option<PathBuf>,

    /// Heading of the page [default: the name of the folder or the results]
    #[arg(long, value_name = "TEXT")]
    pub(super) title: Option<String>,

    /// Also probabilities for every so many seconds of a file
    #[arg(long, value_name = "SECONDS", value_parser = parse_segment)]
    pub(super) timeline: Option<Duration>,

    #[command(flatten)]
    pub(super) listening: ListeningArgs,

    /// Replace FILE even if it does not look like a report
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct TagArgs {
    /// Files and folders that are classified, or one file of results (.jsonl) as classify writes them
    #[arg(value_name = "PATH|RESULTS.jsonl", required_unless_present = "undo")]
    pub(super) paths: Vec<PathBuf>,

    /// Change the files; without it, only say what would be changed
    #[arg(long)]
    pub(super) write: bool,

    /// Give the files of this backup their old bytes back
    #[arg(long, value_name = "BACKUP", conflicts_with_all = ["paths", "write", "overwrite"])]
    pub(super) undo: Option<PathBuf>,

    /// Where the old tags are kept; a backup that is there is continued
    #[arg(long, value_name = "FILE", default_value = "genre-backup.jsonl")]
    pub(super) backup: PathBuf,

    /// Replace genres that are there
    #[arg(long)]
    pub(super) overwrite: bool,

    /// Write no genre that is less probable than this, from 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = parse_probability)]
    pub(super) min_probability: f64,

    /// Write at most so many genres
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = parse_top)]
    pub(super) top: usize,

    /// Write several genres as one text with this between them, not as values of their own
    #[arg(long, value_name = "TEXT", value_parser = parse_separator)]
    pub(super) separator: Option<String>,

    /// The names that you use: a CSV with the columns genre,name (no name: not written)
    #[arg(long, value_name = "FILE")]
    pub(super) map: Option<PathBuf>,

    #[command(flatten)]
    pub(super) listening: ListeningArgs,
}

#[derive(Debug, ClapArgs)]
pub(super) struct PlaylistArgs {
    /// Results of classify; - is standard input
    #[arg(value_name = "RESULTS.jsonl")]
    pub(super) results: PathBuf,

    /// The genre of the playlist
    #[arg(
        long,
        value_name = "GENRE",
        conflicts_with = "all",
        requires = "output"
    )]
    pub(super) genre: Option<String>,

    /// Where to write the playlist (.m3u8); - is standard output
    #[arg(
        short,
        long,
        value_name = "FILE",
        conflicts_with = "all",
        requires = "genre"
    )]
    pub(super) output: Option<PathBuf>,

    /// Write a playlist for every genre that has files, into this folder
    #[arg(long, value_name = "DIR", required_unless_present = "genre")]
    pub(super) all: Option<PathBuf>,

    /// List no file whose genre is less probable than this, from 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = parse_probability)]
    pub(super) min_probability: f64,

    /// Replace FILE even if it does not look like a playlist
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ManArgs {
    /// Folder for fma-genre.1 and a page for each command
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(super) struct EmbedArgs {
    #[command(flatten)]
    pub(super) job: JobArgs,

    /// Where to write: .csv, .npy or .parquet
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,

    /// Replace FILE even if it does not look like an output of this program
    #[arg(long)]
    pub(super) force: bool,

    /// One row per patch of 2 or 3 s, as the model has it, instead of one per file
    ///
    /// A network that looks at some patches alone (model.json) gives the others the mean of those.
    #[arg(long)]
    pub(super) patches: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CheckArgs {
    /// Folder that is searched for mp3 files, or one file
    #[arg(value_name = "DIR")]
    pub(super) input: PathBuf,

    /// Where to write the CSV; - is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(super) output: PathBuf,

    /// Replace FILE even if it does not look like an output of this program
    #[arg(long)]
    pub(super) force: bool,

    /// Files to work on at the same time [default: number of processors]
    #[arg(short, long, value_name = "N")]
    pub(super) jobs: Option<NonZero<usize>>,

    /// Exit with 2 if a file is unusable or a folder cannot be read
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ScoreArgs {
    /// The predictions, a CSV as predict writes it; - is standard input
    #[arg(value_name = "PREDICTIONS.csv")]
    pub(super) predictions: PathBuf,

    /// The true genres: a CSV with the header file_id,genre or track_id,genre, or FMA's tracks.csv;
    /// - is standard input
    #[arg(short, long, value_name = "LABELS.csv")]
    pub(super) labels: PathBuf,

    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,

    /// Accept rows that do not sum to 1, as the challenge's grader did
    #[arg(long, alias = "renormalize")]
    pub(super) renormalise: bool,

    /// Score the ids that both files have, and say how many are left out
    #[arg(long)]
    pub(super) partial: bool,

    /// Seed of the random numbers behind the intervals
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ValidateArgs {
    /// The predictions; - is standard input
    #[arg(value_name = "PREDICTIONS.csv")]
    pub(super) predictions: PathBuf,

    /// Also check that there is exactly one row for every mp3 file in this folder
    #[arg(long, value_name = "DIR")]
    pub(super) payload: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn flags_are_consistent() {
        Args::command().debug_assert();
    }
}
