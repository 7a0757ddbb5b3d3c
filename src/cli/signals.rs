//! Ending at once when asked to.

use fma_genre::output::UnfinishedFiles;

/// Makes SIGTERM, SIGINT, SIGHUP and SIGQUIT end the program at once with 128
/// plus the signal's number, leaving none of the `unfinished` files. Those that
/// the program was started to ignore, as by `nohup`, stay ignored.
///
/// As the first process of a container a program has no default handlers:
/// without this, `docker stop` would wait ten seconds and then kill.
#[cfg(unix)]
pub(super) fn end_at_once(unfinished: UnfinishedFiles) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::Signals;

    let ignored = ignored_signals();
    let wanted = [SIGTERM, SIGINT, SIGHUP, SIGQUIT];
    let wanted = wanted.iter().filter(|signal| !is_in(ignored, **signal));
    let mut signals = match Signals::new(wanted) {
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

/// The signals that this process ignores, one bit each, from the lowest: signal
/// 1. Linux says so in `/proc` (proc_pid_status(5)); elsewhere none is known.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

#[cfg(unix)]
fn is_in(mask: u64, signal: i32) -> bool {
    mask >> (signal - 1) & 1 == 1
}

/// Other systems end programs by themselves.
#[cfg(not(unix))]
pub(super) fn end_at_once(_unfinished: UnfinishedFiles) {}
