//! Text that fits into a column of a terminal and cannot do it harm.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `name` with escapes in place of everything that is not printed as a sign of
/// its own: control characters, and those that turn the direction of writing or
/// are not seen.
pub(crate) fn harmless(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if matches!(character, '\'' | '"' | '\\') {
            text.push(character);
            continue;
        }
        // Behind a letter, so that accents which join it stay as they are.
        let pair = String::from_iter(['a', character]);
        text.extend(pair.escape_debug().skip(1));
    }
    text
}

/// `text` in exactly `width` columns: spaces behind it, or its end with `…`
/// before it, because the end of a path says more.
pub(super) fn fit_end(text: &str, width: usize) -> String {
    if text.width() <= width {
        return pad(text, width);
    }
    let mut start = text.len();
    let mut room = width.saturating_sub(ELLIPSIS.width());
    for (index, character) in text.char_indices().rev() {
        let Some(left) = room.checked_sub(character.width().unwrap_or(0)) else {
            break;
        };
        room = left;
        start = index;
    }
    // What joins a letter that is cut off would join the ellipsis.
    let kept = text[start..].trim_start_matches(|c: char| c.width() == Some(0));
    pad(&format!("{ELLIPSIS}{kept}"), width)
}

/// `text` in at most `width` columns: its beginning with `…` behind it.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(ELLIPSIS.width());
    let kept = text.chars().take_while(|character| {
        let left = room.checked_sub(character.width().unwrap_or(0));
        room = left.unwrap_or(room);
        left.is_some()
    });
    format!("{}{ELLIPSIS}", kept.collect::<String>())
}

/// `text` and spaces behind it, `width` columns in all.
pub(super) fn pad(text: &str, width: usize) -> String {
    let spaces = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(spaces))
}

/// Stands for what did not fit.
const ELLIPSIS: &str = "…";

/// A bar of `width` columns for a value from 0 to 1, in steps of an eighth of a
/// column.
pub(super) fn bar(value: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let steps = (value.clamp(0.0, 1.0) * (width * 8) as f64).round() as usize;
    pad(
        &format!("{}{}", "█".repeat(steps / 8), EIGHTHS[steps % 8]),
        width,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn controls_are_escaped_and_letters_of_all_scripts_are_not() {
        assert_eq!(harmless("Don't \"Stop\" \\o/"), "Don't \"Stop\" \\o/");
        assert_eq!(harmless("\u{1b}[31mred\u{7}\n"), "\\u{1b}[31mred\\u{7}\\n");
        assert_eq!(harmless("gnp.\u{202e}3pm"), "gnp.\\u{202e}3pm");
        assert_eq!(harmless("e\u{301}té 音楽 🎵"), "e\u{301}té 音楽 🎵");
    }

    #[test]
    fn the_end_of_a_long_name_is_kept() {
        assert_eq!(fit_end("short", 8), "short   ");
        assert_eq!(fit_end("a/long/path.mp3", 9), "…path.mp3");
        // Each of these takes two columns, so that one is left.
        assert_eq!(fit_end("音楽音楽", 6), "…音楽 ");
        assert_eq!(fit_end("xxe\u{301}x", 2), "…x");
    }

    #[test]
    fn the_beginning_of_a_long_remark_is_kept() {
        assert_eq!(cut("has no audio", 12), "has no audio");
        assert_eq!(cut("has no audio", 7), "has no…");
    }

    #[test]
    fn bars_grow_by_eighths() {
        assert_eq!(bar(0.0, 2), "  ");
        assert_eq!(bar(1.0 / 16.0, 2), "▏ ");
        assert_eq!(bar(0.5, 2), "█ ");
        assert_eq!(bar(0.75, 2), "█▌");
        assert_eq!(bar(1.0, 2), "██");
    }

    proptest! {
        #[test]
        fn text_always_fits(name in any::<String>(), width in 1..60_usize) {
            let text = harmless(&name);
            prop_assert!(!text.contains(|c: char| c.is_control()));
            prop_assert_eq!(fit_end(&text, width).width(), width);
            prop_assert!(cut(&text, width).width() <= width);
        }
    }
}
