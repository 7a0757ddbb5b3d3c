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

    /// Whether it has come.
    pub fn has_passed(self) -> bool {
        self.0.is_some_and(|at| Instant::now() >= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_passes_once_and_never_never() {
        assert!(!Deadline::NEVER.has_passed());
        assert!(!Deadline::after(Instant::now(), Duration::MAX).has_passed());
        assert!(Deadline::after(Instant::now(), Duration::ZERO).has_passed());
    }
}
