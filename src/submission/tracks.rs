//! The layout of `tracks.csv`, the metadata of the FMA data set as published
//! (Defferrard et al., "FMA: A Dataset for Music Analysis", ISMIR 2017).
//!
//! It has two header rows, a group and a name for each column, and a third
//! that names the first column alone: `track_id`. Of all its columns, labels
//! need that one and (track, genre_top).

use std::io::Read;

use super::SubmissionError;
use super::header::{self, Header};
use super::records::Records;

/// The name of the first column, in the third row.
pub(super) const ID_NAME: &[u8] = b"track_id";

/// How the published file spells genres that the challenge spells otherwise.
const SPELLINGS: [(&str, &str); 1] = [("Old-Time/Historic", "Old-Time / Historic")];

/// Whether the first row is the first of `tracks.csv`.
pub(super) fn is_first_row(header: &Header) -> bool {
    let [first, groups @ ..] = header.names.as_slice() else {
        return false;
    };
    first.is_empty() && groups.iter().any(|group| group == b"track")
}

/// Reads the second row; returns the position of the column of genres.
///
/// # Errors
/// [`SubmissionError::Header`] if there is none, or what reading said.
pub(super) fn genre_column(
    header: &Header,
    records: &mut Records<impl Read>,
) -> Result<usize, SubmissionError> {
    let names = records.next()?.map(|record| header::names(&record));
    let mut columns = header.names.iter().zip(names.iter().flatten());
    columns
        .position(|(group, name)| group == b"track" && name == b"genre_top")
        .ok_or_else(|| SubmissionError::Header {
            origin: records.origin.clone(),
            problem: "it begins like FMA's tracks.csv but has no column (track, genre_top)".into(),
            expected: "that of FMA's tracks.csv, file_id,genre or track_id,genre".into(),
            hint: None,
        })
}

/// The challenge's spelling of a genre.
pub(super) fn genre_name(name: &str) -> &str {
    let known = SPELLINGS.iter().find(|(published, _)| *published == name);
    known.map_or(name, |(_, ours)| ours)
}
