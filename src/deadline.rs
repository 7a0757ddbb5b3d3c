//! A point in time after which no more work is begun.

use std::time::{Duration, Instant};

/// When to stop, if ever.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Never.
    pub const NEVER: Self = Self(None);

    /// `budget` after `start`; never, if that is beyond what the clock counts.
    pub fn after(start: Instant, budget: Duration) -> Self {
        Self(start.checked_add(budget))
    }

    /// The earlier of both.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self(match (self.0, other.0) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        })
    }

    /// Whether it has come.
    pub fn has_passed(self) -> bool {
        self.0.is_some_and(|at| Instant::now() >= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_of_two_holds() {
        let now = Instant::now();
        let [soon, late] = [1, 100].map(|s| Deadline::after(now, Duration::from_secs(s)));
        assert_eq!(soon.min(late).0, soon.0);
        assert_eq!(late.min(soon).0, soon.0);
        assert_eq!(Deadline::NEVER.min(late).0, late.0);
        assert_eq!(late.min(Deadline::NEVER).0, late.0);
    }

    #[test]
    fn a_deadline_passes_once_and_never_never() {
        assert!(!Deadline::NEVER.has_passed());
        assert!(!Deadline::after(Instant::now(), Duration::MAX).has_passed());
        assert!(Deadline::after(Instant::now(), Duration::ZERO).has_passed());
    }
}
