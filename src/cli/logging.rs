//! Diagnostics on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Sets up messages on standard error. `RUST_LOG` overrides the flags.
///
/// Messages show file names in Rust's debug notation, with quotes and escapes,
/// so that a name can neither break a line nor control the terminal.
pub(super) fn init(verbose: u8, quiet: bool) {
    let default = match (quiet, verbose) {
        (true, _) => "error,fma_genre=warn",
        (false, 0) => "error,fma_genre=info",
        (false, 1) => "warn,fma_genre=debug",
        (false, _) => "info,fma_genre=trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        .init();
}
