//! How far a run is: a bar on a terminal, else a line now and then.

use std::fmt::Write;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

/// Time between two lines where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(30);

/// Time between two drawings of the bar, even if no file is done in it.
const TICK: Duration = Duration::from_millis(500);

const TEMPLATE: &str = "{wide_bar} {pos} of {len} files, {rate}, {eta} left{msg}";

/// Counts finished files and shows how many.
pub(super) struct Progress {
    total: usize,
    done: usize,
    failed: usize,
    start: Instant,
    last_line: Instant,
    /// Where standard error is a terminal and messages are wanted.
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Of `total` files, shown on `console`.
    pub(super) fn new(total: usize, console: &MultiProgress) -> Self {
        let wanted = tracing::enabled!(tracing::Level::INFO) && !console.is_hidden();
        let start = Instant::now();
        Self {
            total,
            done: 0,
            failed: 0,
            start,
            last_line: start,
            bar: wanted.then(|| bar(total, console)),
        }
    }

    /// Counts one file.
    pub(super) fn file_done(&mut self, usable: bool) {
        self.done += 1;
        self.failed += usize::from(!usable);
        if let Some(bar) = &self.bar {
            if !usable {
                bar.set_message(failures(self.failed));
            }
            bar.inc(1);
        } else if self.last_line.elapsed() >= LINE_INTERVAL && self.done < self.total {
            self.last_line = Instant::now();
            tracing::info!("{}", self.line());
        }
    }

    /// Seconds since the start.
    pub(super) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    fn line(&self) -> String {
        let rate = self.done as f64 / self.seconds();
        let left = (self.total - self.done) as f64 / rate;
        let left = Duration::try_from_secs_f64(left.ceil()).unwrap_or_default();
        format!(
            "{} of {} files, {rate:.1} files/s, about {} left{}",
            self.done,
            self.total,
            humantime::format_duration(left),
            failures(self.failed),
        )
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: usize, console: &MultiProgress) -> ProgressBar {
    let bar = console.add(ProgressBar::new(total as u64));
    let style = ProgressStyle::with_template(TEMPLATE).expect("the template is right");
    bar.set_style(
        style.with_key("rate", |state: &ProgressState, to: &mut dyn Write| {
            // A key that cannot be written leaves a gap in the bar.
            let _ = write!(to, "{:.1} files/s", state.per_sec());
        }),
    );
    bar.enable_steady_tick(TICK);
    bar
}

fn failures(count: usize) -> String {
    match count {
        0 => String::new(),
        count => format!(", {count} unusable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::ProgressDrawTarget;

    fn progress(done: usize, failed: usize) -> Progress {
        let console = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let mut progress = Progress::new(500, &console);
        progress.start = Instant::now().checked_sub(Duration::from_secs(40)).unwrap();
        for file in 0..done {
            progress.file_done(file >= failed);
        }
        progress
    }

    #[test]
    fn a_line_says_how_fast_how_long_and_what_failed() {
        assert_eq!(
            progress(100, 0).line(),
            "100 of 500 files, 2.5 files/s, about 2m 41s left"
        );
        assert!(progress(100, 3).line().ends_with(" left, 3 unusable"));
    }

    #[test]
    fn the_template_of_the_bar_is_right() {
        let console = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        assert_eq!(bar(7, &console).length(), Some(7));
    }
}
