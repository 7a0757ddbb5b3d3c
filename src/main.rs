//! The `fma-genre` program.

mod cli;

use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    cli::run(Instant::now())
}
