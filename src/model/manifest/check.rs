//! Checks of single fields. An error is a message that names the field, what it holds
//! and what it may hold.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::path::{Component, Path};

/// The most characters of a name: of a model, a version, a network, a file or a tag.
const MOST_CHARACTERS: usize = 100;

/// The message, unless the condition holds.
pub(in crate::model) fn check(
    condition: bool,
    message: impl FnOnce() -> String,
) -> Result<(), String> {
    if condition { Ok(()) } else { Err(message()) }
}

/// A number in a range; NaN is in none.
pub(super) fn number(field: &str, value: f64, range: RangeInclusive<f64>) -> Result<f64, String> {
    check(range.contains(&value), || {
        let [value, least, most] = [value, *range.start(), *range.end()].map(shown);
        format!("{field} is {value}, must be {least} to {most}")
    })?;
    Ok(value)
}

/// A whole number in a range.
pub(super) fn count(
    field: &str,
    value: f64,
    range: RangeInclusive<usize>,
) -> Result<usize, String> {
    let whole = (value.fract() == 0.0 && value >= 0.0).then_some(value as usize);
    whole.filter(|whole| range.contains(whole)).ok_or_else(|| {
        format!(
            "{field} is {}, must be a whole number from {} to {}",
            shown(value),
            range.start(),
            range.end()
        )
    })
}

/// A product of two fields, of which each is in its range, that is not too big.
pub(super) fn product(
    fields: [&str; 2],
    values: [usize; 2],
    most: usize,
    unit: &str,
) -> Result<(), String> {
    let product = values[0].saturating_mul(values[1]);
    check(product <= most, || {
        let [first, second] = fields;
        format!("{first} times {second} is {product}, must be at most {most} ({unit})")
    })
}

/// How many entries a list has.
pub(super) fn length(
    field: &str,
    entries: usize,
    range: RangeInclusive<usize>,
) -> Result<(), String> {
    let (least, most) = (range.start(), range.end());
    check(range.contains(&entries), || {
        format!("{field} has {entries} entries, must have {least} to {most}")
    })
}

/// A name: short, and without anything that a message or a table would have to escape.
pub(super) fn plain_name(field: &str, text: String) -> Result<String, String> {
    let characters = text.chars().count();
    check((1..=MOST_CHARACTERS).contains(&characters), || {
        format!("{field} has {characters} characters, must have 1 to {MOST_CHARACTERS}")
    })?;
    check(format!("{text:?}") == format!("\"{text}\""), || {
        format!("{field} is {text:?}, must not hold quotes, backslashes or control characters")
    })?;
    Ok(text)
}

/// The name of a file that lies in the model's folder itself.
pub(super) fn file_name(field: &str, text: String) -> Result<String, String> {
    let text = plain_name(field, text)?;
    let mut components = Path::new(&text).components();
    let only = (components.next(), components.next());
    check(matches!(only, (Some(Component::Normal(_)), None)), || {
        format!("{field}: {text:?} is not the name of a file in the model's folder")
    })?;
    Ok(text)
}

/// That no entry of a list is there twice.
pub(super) fn unique<'t>(
    field: &str,
    entries: impl IntoIterator<Item = &'t str>,
) -> Result<(), String> {
    let mut seen = HashSet::new();
    match entries.into_iter().find(|entry| !seen.insert(*entry)) {
        Some(entry) => Err(format!("{field} holds {entry:?} twice")),
        None => Ok(()),
    }
}

/// Without the hundreds of zeros that 1e300 and 1e-300 have.
fn shown(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        format!("{value}")
    } else {
        format!("{value:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_field_value_and_range() {
        assert_eq!(number("x", 1e-7, 1e-7..=0.06), Ok(1e-7));
        assert_eq!(
            number("x", 1e-310, 1e-7..=0.06).unwrap_err(),
            "x is 1e-310, must be 1e-7 to 0.06"
        );
        assert!(number("x", f64::NAN, 0.0..=1.0).is_err());
        assert_eq!(count("x", 100.0, 1..=100), Ok(100));
        for (value, text) in [(1.5, "1.5"), (-1.0, "-1"), (1e300, "1e300"), (101.0, "101")] {
            assert_eq!(
                count("x", value, 0..=100).unwrap_err(),
                format!("x is {text}, must be a whole number from 0 to 100")
            );
        }
        assert_eq!(
            product(["x", "y"], [20, 30], 599, "a minute").unwrap_err(),
            "x times y is 600, must be at most 599 (a minute)"
        );
    }

    #[test]
    fn names_need_no_escape() {
        for text in ["rock", "Old-Time / Historic", "Fröhlich, (laut) it's"] {
            assert_eq!(plain_name("x", text.into()), Ok(text.into()));
        }
        for text in ["", "a\nb", "\u{1b}[31m", "\"", "a\\b", "\u{202e}txt"] {
            assert!(plain_name("x", text.into()).is_err(), "{text:?}");
        }
        assert!(plain_name("x", "a".repeat(101)).is_err());
    }

    #[test]
    fn files_lie_in_the_folder() {
        assert_eq!(file_name("x", "head.onnx".into()), Ok("head.onnx".into()));
        for text in ["../head.onnx", "/head.onnx", "a/head.onnx", "..", "."] {
            assert_eq!(
                file_name("x", text.into()).unwrap_err(),
                format!("x: {text:?} is not the name of a file in the model's folder")
            );
        }
    }
}
