//! The samples of a file that are kept.

use std::ops::Range;

/// Parts of a mono signal at 16 kHz.
#[derive(Debug, Default)]
pub struct Parts {
    /// In ascending order, apart from one another.
    ranges: Vec<Range<u64>>,
    /// Of all ranges, one after the other.
    samples: Vec<f32>,
}

impl Parts {
    /// Room for these ranges, which may overlap and need no order.
    pub(super) fn reset(&mut self, ranges: &[Range<u64>]) {
        self.ranges = merged(ranges);
        let len: u64 = self
            .ranges
            .iter()
            .map(|range| range.end - range.start)
            .sum();
        self.samples.clear();
        self.samples.resize(len as usize, 0.0);
    }

    /// What is kept, in ascending order, apart from one another.
    pub(super) fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// Keeps what is wanted of `samples`, which stand at `position`.
    pub(super) fn take(&mut self, position: u64, samples: &[f32]) {
        let end = position + samples.len() as u64;
        let first = self.ranges.partition_point(|range| range.end <= position);
        let mut start: u64 = self.ranges[..first].iter().map(|r| r.end - r.start).sum();
        for range in &self.ranges[first..] {
            if range.start >= end {
                break;
            }
            let (from, until) = (range.start.max(position), range.end.min(end));
            let target = (start + from - range.start) as usize;
            let source = &samples[(from - position) as usize..(until - position) as usize];
            self.samples[target..target + source.len()].copy_from_slice(source);
            start += range.end - range.start;
        }
    }

    /// The samples of a range that lies within one that is kept; empty otherwise.
    pub fn get(&self, range: Range<u64>) -> &[f32] {
        let mut start = 0;
        for kept in &self.ranges {
            if kept.start <= range.start && range.end <= kept.end {
                let from = (start + range.start - kept.start) as usize;
                return &self.samples[from..from + (range.end - range.start) as usize];
            }
            start += kept.end - kept.start;
        }
        &[]
    }

    /// All samples that are kept, part after part.
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }
}

/// These ranges in ascending order, those that meet or overlap made one.
pub(super) fn merged(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut sorted: Vec<Range<u64>> = ranges
        .iter()
        .filter(|range| !range.is_empty())
        .cloned()
        .collect();
    sorted.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<u64>> = Vec::with_capacity(sorted.len());
    for range in sorted {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_kept_is_what_went_by(
            wanted in proptest::collection::vec((0..300_u64, 0..40_u64), 0..8),
            blocks in proptest::collection::vec(1..50_usize, 1..20),
        ) {
            let all: Vec<f32> = (0..blocks.iter().sum::<usize>()).map(|i| i as f32).collect();
            let clip = |at: u64| at.min(all.len() as u64);
            let ranges: Vec<Range<u64>> = wanted
                .iter()
                .map(|(start, len)| clip(*start)..clip(start + len))
                .collect();
            let mut parts = Parts::default();
            parts.reset(&ranges);
            let mut position = 0;
            for block in blocks {
                parts.take(position as u64, &all[position..position + block]);
                position += block;
            }
            for range in ranges {
                let expected = &all[range.start as usize..range.end as usize];
                prop_assert_eq!(parts.get(range), expected);
            }
        }
    }
}
