//! Files that could not be classified, by cause.

use std::collections::BTreeMap;

use serde::Serialize;

use super::track::{self, Track};
use crate::pipeline::Status;

/// At most so many files of a cause are listed; the table has them all.
const LISTED: usize = 100;

/// Files that failed alike.
#[derive(Debug, Serialize)]
pub(super) struct Cause {
    cause: String,
    count: usize,
    files: Vec<String>,
    more: usize,
}

/// The causes, the most frequent first.
pub(super) fn causes(tracks: &[Track]) -> Vec<Cause> {
    let mut by_cause: BTreeMap<&str, Vec<&Track>> = BTreeMap::new();
    let failed = tracks
        .iter()
        .filter(|track| track.status == Status::Unusable);
    for track in failed {
        let cause = track.remark.as_deref().unwrap_or("unusable");
        by_cause.entry(cause).or_default().push(track);
    }
    let mut causes: Vec<Cause> = by_cause
        .into_iter()
        .map(|(cause, tracks)| Cause {
            cause: cause.to_owned(),
            count: tracks.len(),
            more: tracks.len().saturating_sub(LISTED),
            files: tracks
                .iter()
                .take(LISTED)
                .map(|track| track::shown(&track.path))
                .collect(),
        })
        .collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.count));
    causes
}
