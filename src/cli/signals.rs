//! Ending at once when asked to.

use fma_genre::output::UnfinishedFiles;

/// Makes SIGTERM, SIGINT, SIGHUP and SIGQUIT end the program at once with 128
/// plus the signal's number, leaving none of the `unfinished` files.
///
/// As the first process of a container a program has no default handlers:
/// without this, `docker stop` would wait ten seconds and then kill.
#[cfg(unix)]
pub(super) fn end_at_once(unfinished: UnfinishedFiles) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::Signals;

    let mut signals = match Signals::new([SIGTERM, SIGINT, SIGHUP, SIGQUIT]) {
        Ok(signals) => signals,
        Err(error) => {
            tracing::warn!("signals will not be handled: {error}");
            return;
        }
    };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            unfinished.discard();
            signal_hook::low_level::exit(128 + signal);
        }
    });
}

/// Other systems end programs by themselves.
#[cfg(not(unix))]
pub(super) fn end_at_once(_unfinished: UnfinishedFiles) {}
