//! One line of the table for people.

use unicode_width::UnicodeWidthStr;

use super::RunInfo;
use super::run_info::Choice;
use super::table_text::{bar, cut, fit_end, harmless};
use crate::pipeline::{Record, Status};
use crate::utf8;

/// A line without padding: three fields and tabs.
pub(super) fn plain_line(record: &Record, run: &RunInfo) -> String {
    let genres = match unusable(record) {
        Some(remark) => remark,
        None => {
            let choices = run.top_genres(record).into_iter();
            let choices = choices.map(|c| format!("{} {:.2}", c.genre, c.probability));
            unknown(record, run)
                .map(str::to_owned)
                .into_iter()
                .chain(choices)
                .collect::<Vec<_>>()
                .join(", ")
        }
    };
    let seconds = seconds(record).unwrap_or_default();
    format!("{}\t{genres}\t{seconds}", name(record))
}

/// The columns of a table in a window of some width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    file: usize,
    genres: usize,
    /// None in a narrow window.
    seconds: usize,
    /// Columns of a bar; none in a narrow window.
    bar: usize,
}

/// Between two columns.
const GAP: &str = "  ";
const BAR_WIDTH: usize = 4;
const SECONDS_WIDTH: usize = 8;
/// Windows that are narrower have no column for seconds.
const ROOM_FOR_SECONDS: usize = 60;
/// Windows that are narrower have no bars.
const ROOM_FOR_BARS: usize = 44;
/// What is wider than this is not filled.
const WIDEST: usize = 160;

const BOLD: &str = "\x1b[1m";
const CYAN: &str = "\x1b[36m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";

impl Layout {
    /// Two fifths for the file, the rest for its genres.
    pub(super) fn for_width(width: usize) -> Self {
        let width = width.clamp(20, WIDEST);
        let seconds = if width < ROOM_FOR_SECONDS {
            0
        } else {
            SECONDS_WIDTH
        };
        let gaps = if seconds == 0 {
            GAP.len()
        } else {
            2 * GAP.len()
        };
        let file = (width - gaps - seconds) * 2 / 5;
        Self {
            file,
            genres: width - gaps - seconds - file,
            seconds,
            bar: if width < ROOM_FOR_BARS { 0 } else { BAR_WIDTH },
        }
    }

    /// The line above all others.
    pub(super) fn header(&self) -> String {
        let seconds = (self.seconds > 0).then_some("seconds");
        self.join("file", "genres", "genres".len(), seconds)
    }

    /// The line of a record.
    pub(super) fn line(&self, record: &Record, run: &RunInfo, colour: bool) -> String {
        let (genres, width) = match unusable(record) {
            Some(remark) => {
                let text = cut(&remark, self.genres);
                let width = text.width();
                (painted(text, YELLOW, colour), width)
            }
            None => self.genres(record, run, colour),
        };
        let seconds = seconds(record).unwrap_or_default();
        let seconds = (self.seconds > 0).then_some(seconds.as_str());
        self.join(&name(record), &genres, width, seconds)
    }

    /// As many of the best genres as there is room for, and the columns they
    /// take; the first one shortened if need be.
    fn genres(&self, record: &Record, run: &RunInfo, colour: bool) -> (String, usize) {
        let mut text = String::new();
        let mut width = 0;
        if let Some(unknown) = unknown(record, run) {
            text.push_str(&painted(unknown.to_owned(), YELLOW, colour));
            width += unknown.len();
        }
        for (rank, Choice { genre, probability }) in run.top_genres(record).into_iter().enumerate()
        {
            let gap = if width == 0 { "" } else { GAP };
            let bar = bar(probability, self.bar);
            let bar_gap = if self.bar == 0 { "" } else { " " };
            let percent = format!("{:>3.0}%", 100.0 * probability);
            let others = gap.len() + bar_gap.len() + self.bar + 1 + percent.len();
            let room = self.genres.saturating_sub(width + others);
            if rank > 0 && genre.len() > room {
                break;
            }
            let genre = cut(genre, room);
            width += others + genre.width();
            let genre = painted(genre, if rank == 0 { BOLD } else { "" }, colour);
            let bar = painted(bar, CYAN, colour && self.bar > 0);
            text.push_str(&format!("{gap}{genre} {bar}{bar_gap}{percent}"));
        }
        (text, width)
    }

    /// `genres` may hold what takes no columns, so its width is said.
    fn join(&self, file: &str, genres: &str, width: usize, seconds: Option<&str>) -> String {
        let file = fit_end(file, self.file);
        match seconds {
            Some(seconds) => {
                let fill = " ".repeat(self.genres.saturating_sub(width));
                format!("{file}{GAP}{genres}{fill}{GAP}{seconds:>0$}", self.seconds)
            }
            None => format!("{file}{GAP}{genres}"),
        }
        .trim_end()
        .to_owned()
    }
}

fn name(record: &Record) -> String {
    harmless(&utf8::text(record.path.as_os_str().as_encoded_bytes()))
}

/// Why a file has no genres.
fn unusable(record: &Record) -> Option<String> {
    (record.status == Status::Unusable).then(|| {
        let remark = record.remark.as_deref().unwrap_or_default();
        harmless(&format!("unusable: {remark}"))
    })
}

/// What stands before the genres of a file none of whose is probable enough.
fn unknown(record: &Record, run: &RunInfo) -> Option<&'static str> {
    run.genre(record).is_none().then_some("unknown")
}

fn seconds(record: &Record) -> Option<String> {
    record.audio.map(|audio| format!("{:.1}", audio.seconds))
}

/// `text` in a colour or bold, if it is wanted.
fn painted(text: String, code: &str, colour: bool) -> String {
    if colour && !code.is_empty() {
        format!("{code}{text}{PLAIN}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples;

    fn line(width: usize) -> String {
        Layout::for_width(width).line(&samples::record(), &samples::run(), false)
    }

    #[test]
    fn a_line_has_as_many_genres_as_fit() {
        assert_eq!(
            line(80),
            "music/blues.mp3              Blues ██▊   70%  Jazz ▊     20%                29.9"
        );
        assert_eq!(line(50), "music/blues.mp3      Blues ██▊   70%");
        assert_eq!(line(30), "…/blues.mp3  Blues  70%");
    }
}
