//! The table for people: file, best genres, seconds.

use std::io::Write;

use super::table_line::{Layout, plain_line};
use super::{Output, OutputError, RowSink, RunInfo};
use crate::pipeline::Record;

/// The first line of a plain table.
pub(super) const PLAIN_HEADER: &str = "file\tgenres\tseconds";

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

    /// Writes the header, unless it is there.
    fn begin(&mut self) -> Result<(), OutputError> {
        if !std::mem::replace(&mut self.begun, true) {
            let header = match self.style {
                TableStyle::Plain => PLAIN_HEADER.to_owned(),
                TableStyle::Window { width, .. } => Layout::for_width(width).header(),
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
                Layout::for_width(width).line(record, &self.run, colour)
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
