//! The command line: flags in, exit code out. Nothing in the library knows of
//! it.

mod args;
mod check;
mod classify;
mod embed;
mod files;
mod generate;
mod input;
mod job;
mod jobs;
mod logging;
mod merge;
mod names;
mod options;
mod playlist;
mod predict;
mod progress;
mod report;
mod score;
mod score_text;
mod session;
mod shard;
mod signals;
mod standard_output;
mod stdout;
mod tag;
mod validate;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, anyhow};
use clap::Parser;
use clap::error::ErrorKind;
use fma_genre::output::{OutputError, OutputRules, UnfinishedFiles};
use fma_genre::panics;
use indicatif::MultiProgress;

use self::session::Session;
use self::signals::Interrupts;

/// How a run ended; the numbers are documented in the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunEnd {
    /// All was done.
    Success,
    /// The output was written, but an input that was named is missing from it, or
    /// `--strict` found rows that are not classifications.
    Incomplete,
    /// The user ended the run; its journal is kept.
    Interrupted,
}

/// Usage and environment errors: nothing was written.
const FAILURE: u8 = 1;
/// See [`RunEnd::Incomplete`].
const INCOMPLETE: u8 = 2;
/// See [`RunEnd::Interrupted`]: 128 plus the number of SIGINT, as shells have it.
const INTERRUPTED: u8 = 130;

/// Runs the program; `start` is what deadlines count from.
pub(crate) fn run(start: Instant) -> ExitCode {
    #[cfg(feature = "fault-injection")]
    let _faults = fail::FailScenario::setup();
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // A message that cannot be printed has no reader.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
                _ => ExitCode::from(FAILURE),
            };
        }
    };
    let console = MultiProgress::new();
    logging::init(args.verbose, args.quiet, &console);
    let session = Session {
        start,
        rules: OutputRules {
            force: false,
            unfinished: UnfinishedFiles::default(),
            stdout_is_closed: standard_output::was_closed(),
        },
        console,
        interrupts: Interrupts::default(),
    };
    signals::watch(session.rules.unfinished.clone(), session.interrupts.clone());
    panics::silence_contained();
    // What was begun and not finished is taken away while the panic unwinds.
    let result = panics::contain(|| dispatch(&args.command, &session)).unwrap_or_else(|panic| {
        Err(anyhow!(
            "this is a defect of fma-genre, please report it: {}",
            panic.replace('\n', " ")
        ))
    });
    match result {
        Ok(RunEnd::Success) => ExitCode::SUCCESS,
        Ok(RunEnd::Incomplete) => ExitCode::from(INCOMPLETE),
        Ok(RunEnd::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::from(FAILURE)
        }
    }
}

fn dispatch(command: &args::Command, session: &Session) -> Result<RunEnd> {
    match command {
        args::Command::Predict(args) => predict::run(args, session),
        args::Command::Classify(args) => classify::run(args, session),
        args::Command::Merge(args) => merge::run(args, session),
        args::Command::Embed(args) => embed::run(args, session),
        args::Command::Check(args) => check::run(args, session),
        args::Command::Report(args) => report::run(args, session),
        args::Command::Playlist(args) => playlist::run(args, session),
        args::Command::Man(args) => generate::man(args),
        // These have no other output.
        _ if session.rules.stdout_is_closed => Err(OutputError::StdoutClosed.into()),
        args::Command::Score(args) => score::run(args),
        args::Command::Validate(args) => validate::run(args),
        args::Command::Tag(args) => tag::run(args, session),
        args::Command::Completions(args) => generate::completions(args),
    }
}

/// Whether a reader of our standard output has had enough, as `head` has.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let by_kind = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.downcast_ref().is_some_and(by_kind)
        || matches!(error.downcast_ref(), Some(OutputError::ReaderGone))
}
