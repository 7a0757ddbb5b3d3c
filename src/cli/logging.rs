//! Diagnostics on standard error.

use std::io::{self, IsTerminal, Write};

use indicatif::MultiProgress;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Sets up messages on standard error. `RUST_LOG` overrides `-v`, and `-q`
/// overrides `RUST_LOG`.
///
/// Messages show file names in Rust's debug notation, with quotes and escapes,
/// so that a name can neither break a line nor control the terminal. A bar on
/// `console` makes room for them.
pub(super) fn init(verbose: u8, quiet: bool, console: &MultiProgress) {
    let stderr = BesideBar(console.clone());
    // What a library calls an error is a remark of ours on the file.
    let default = match (quiet, verbose) {
        (true, _) => "error,symphonia=off,lofty=off,fma_genre=warn",
        (false, 0) => "error,symphonia=off,lofty=off,fma_genre=info",
        (false, 1) => "warn,fma_genre=debug",
        (false, _) => "info,fma_genre=trace",
    };
    let wanted = match quiet {
        true => String::new(),
        false => std::env::var("RUST_LOG").unwrap_or_default(),
    };
    let parsed: Result<Targets, _> = match wanted.as_str() {
        "" => default,
        wanted => wanted,
    }
    .parse();
    let problem = parsed.as_ref().err().map(ToString::to_string);
    let targets = parsed.unwrap_or_else(|_| default.parse().expect("ours can be read"));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || stderr.clone())
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        // A log that cannot be written (a full disk, a closed pipe) must not
        // cost the output: the default is to panic about it.
        .log_internal_errors(false);
    tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .init();
    if let Some(problem) = problem {
        tracing::warn!("RUST_LOG={wanted:?} is ignored: {problem}");
    }
}

/// Standard error, on which a progress bar may stand.
#[derive(Clone)]
struct BesideBar(MultiProgress);

impl Write for BesideBar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
