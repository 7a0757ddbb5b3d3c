//! Ending at once when asked to.

/// Makes SIGTERM and SIGINT end the program at once with 128 plus the signal's
/// number, leaving no unfinished file.
///
/// As the first process of a container a program has no default handlers:
/// without this, `docker stop` would wait ten seconds and then kill.
#[cfg(unix)]
pub(super) fn end_at_once() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let mut signals = match Signals::new([SIGTERM, SIGINT]) {
        Ok(signals) => signals,
        Err(error) => {
            tracing::warn!("signals will not be handled: {error}");
            return;
        }
    };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            fma_genre::output::discard_unfinished();
            signal_hook::low_level::exit(128 + signal);
        }
    });
}

/// Other systems end programs by themselves.
#[cfg(not(unix))]
pub(super) fn end_at_once() {}
