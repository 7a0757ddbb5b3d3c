//! Ending when asked to: at once, or after what is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fma_genre::output::UnfinishedFiles;

/// Whether the user wants to stop. Clones share what they know.
#[derive(Debug, Clone, Default)]
pub(super) struct Interrupts(Arc<State>);

#[derive(Debug, Default)]
struct State {
    gently: AtomicBool,
    came: AtomicBool,
}

impl Interrupts {
    /// From now on the first SIGINT is only noted: the command ends by itself
    /// once [`came`](Self::came) is true. A second one ends the program at once.
    pub(super) fn finish_first(&self) {
        self.0.gently.store(true, Ordering::SeqCst);
    }

    /// Whether a SIGINT was noted.
    pub(super) fn came(&self) -> &AtomicBool {
        &self.0.came
    }

    /// Notes a SIGINT; false if the program is to end at once.
    #[cfg(unix)]
    fn note(&self) -> bool {
        self.0.gently.load(Ordering::SeqCst) && !self.0.came.swap(true, Ordering::SeqCst)
    }
}

/// Makes SIGTERM, SIGINT, SIGHUP and SIGQUIT end the program at once with 128
/// plus the signal's number, leaving none of the `unfinished` files; but for a
/// SIGINT that `interrupts` note. Those that the program was started to ignore,
/// as by `nohup`, stay ignored.
///
/// As the first process of a container a program has no default handlers:
/// without this, `docker stop` would wait ten seconds and then kill.
#[cfg(unix)]
pub(super) fn watch(unfinished: UnfinishedFiles, interrupts: Interrupts) {
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
        for signal in signals.forever() {
            if signal == SIGINT && interrupts.note() {
                tracing::warn!("finishing the files under way; once more ends at once");
            } else {
                unfinished.discard();
                signal_hook::low_level::exit(128 + signal);
            }
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
pub(super) fn watch(_unfinished: UnfinishedFiles, _interrupts: Interrupts) {}
