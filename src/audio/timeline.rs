//! The stretches of a file that are heard, put together.

use std::ops::Range;

/// A clip as it would be without its silences: positions in it and in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// In samples of the file, in ascending order.
    stretches: Vec<Range<u64>>,
}

impl Timeline {
    /// All of a file of `len` samples.
    pub fn whole(len: u64) -> Self {
        Self::new(std::iter::once(0..len).collect())
    }

    /// These stretches of a file, in ascending order.
    pub fn new(stretches: Vec<Range<u64>>) -> Self {
        Self { stretches }
    }

    /// Samples in all.
    pub fn len(&self) -> u64 {
        self.stretches.iter().map(|s| s.end - s.start).sum()
    }

    /// Whether nothing is heard.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What lies between these samples of the file.
    pub fn within(&self, range: &Range<u64>) -> Self {
        let inside = self
            .stretches
            .iter()
            .map(|s| s.start.max(range.start)..s.end.min(range.end));
        Self::new(
            inside
                .filter(|stretch| stretch.start < stretch.end)
                .collect(),
        )
    }

    /// Where a range of this timeline lies in the file, in ascending order.
    pub fn locate(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let mut start = 0;
        let mut located = Vec::new();
        for stretch in &self.stretches {
            let end = start + (stretch.end - stretch.start);
            let (from, until) = (range.start.max(start), range.end.min(end));
            if from < until {
                located.push(stretch.start + from - start..stretch.start + until - start);
            }
            start = end;
        }
        located
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(timeline: &Timeline, range: Range<u64>) -> Vec<(u64, u64)> {
        let located = timeline.locate(range);
        located
            .iter()
            .map(|range| (range.start, range.end))
            .collect()
    }

    #[test]
    fn ranges_across_a_silence_lie_on_both_sides_of_it() {
        let timeline = Timeline::new(vec![10..20, 50..55, 70..100]);
        assert_eq!(timeline.len(), 45);
        assert_eq!(located(&timeline, 0..10), [(10, 20)]);
        assert_eq!(located(&timeline, 8..17), [(18, 20), (50, 55), (70, 72)]);
        assert_eq!(located(&timeline, 44..60), [(99, 100)]);
        assert_eq!(
            timeline.within(&(15..72)).stretches,
            [15..20, 50..55, 70..72]
        );
        assert_eq!(located(&Timeline::whole(7), 2..5), [(2, 5)]);
        assert!(Timeline::new(vec![]).is_empty());
    }
}
