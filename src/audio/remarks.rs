//! What the user should know of a file though it can be classified.

use super::DecodeStats;

/// A bad frame lasts 26 ms: a few of them are not worth a word, one in fifty is.
const WORTH_A_WORD: u64 = 50;

/// What is to be said of a file of which `channel` alone was used, if not the mean of
/// all; nothing if all is well.
pub(super) fn remarks(stats: &DecodeStats, channel: Option<usize>) -> Vec<String> {
    let is_worth_a_word = |lost: u64, of: u64| lost * WORTH_A_WORD > of;
    let (found, damaged) = (stats.frames_found(), stats.frames_damaged);
    let announced = stats.frames_announced.map_or(0, u64::from);
    let mut remarks = Vec::new();
    if is_worth_a_word(damaged, found) {
        remarks.push(format!("{damaged} of {found} frames are damaged"));
    }
    if is_worth_a_word(stats.headers_repaired, found) {
        let repaired = stats.headers_repaired;
        remarks.push(format!(
            "{repaired} of {found} frames have a damaged header"
        ));
    }
    let (skipped, gaps) = (stats.bytes_skipped, u64::from(stats.gaps));
    if is_worth_a_word(skipped, stats.bytes_of_frames) || is_worth_a_word(gaps, found) {
        let places = if gaps == 1 { "place" } else { "places" };
        remarks.push(format!(
            "{skipped} bytes in {gaps} {places} between its frames are no audio"
        ));
    }
    if is_worth_a_word(announced.saturating_sub(found), announced) {
        remarks.push(format!(
            "{found} frames were found where the file announces {announced}: it is cut short \
             or damaged"
        ));
    }
    if let Some(channel) = channel {
        let side = ["left", "right"][channel.min(1)];
        remarks.push(format!(
            "its channels cancel each other: the {side} one was analysed"
        ));
    }
    remarks
}

impl DecodeStats {
    /// Whether anything at all is wrong, worth a word or not, so that a closer look is.
    pub fn is_damaged(&self) -> bool {
        self.frames_damaged + self.headers_repaired + self.bytes_skipped > 0 || self.panics > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_bad_frames_are_not_worth_a_word_and_many_are() {
        let stats = |damaged, gaps| DecodeStats {
            frames: 1_000 - damaged,
            frames_damaged: damaged,
            bytes_of_frames: 417_000,
            bytes_skipped: 26 * u64::from(gaps),
            gaps,
            frames_announced: Some(1_000),
            ..DecodeStats::default()
        };
        assert!(remarks(&stats(20, 20), None).is_empty());
        assert_eq!(
            remarks(&stats(21, 100), None),
            [
                "21 of 1000 frames are damaged",
                "2600 bytes in 100 places between its frames are no audio",
            ]
        );
        let cut_short = DecodeStats {
            frames_announced: Some(2_000),
            ..stats(0, 0)
        };
        assert_eq!(
            remarks(&cut_short, None),
            ["1000 frames were found where the file announces 2000: it is cut short or damaged"]
        );
    }
}
