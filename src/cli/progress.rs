//! A line every few seconds that says how far a long run is.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Time between two lines.
const INTERVAL: Duration = Duration::from_secs(10);

/// Counts finished files.
pub(super) struct Progress {
    total: usize,
    start: Instant,
    state: Mutex<State>,
}

struct State {
    done: usize,
    last_line: Instant,
}

impl Progress {
    pub(super) fn new(total: usize) -> Self {
        let start = Instant::now();
        let state = State {
            done: 0,
            last_line: start,
        };
        Self {
            total,
            start,
            state: Mutex::new(state),
        }
    }

    /// Counts one file and, now and then, says so.
    pub(super) fn file_done(&self) {
        // A thread that panicked here did so while printing: go on counting.
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        state.done += 1;
        if state.last_line.elapsed() < INTERVAL || state.done == self.total {
            return;
        }
        state.last_line = Instant::now();
        let rate = state.done as f64 / self.start.elapsed().as_secs_f64();
        let left = Duration::from_secs_f64((self.total - state.done) as f64 / rate);
        tracing::info!(
            "{} of {} files, {rate:.1} files/s, about {} left",
            state.done,
            self.total,
            humantime::format_duration(Duration::from_secs(left.as_secs())),
        );
    }

    /// Seconds since the start.
    pub(super) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}
