//! The table for people: file, best genres, seconds.

use std::env;
use std::io::{self, IsTerminal, Write};

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

impl TableStyle {
    /// For standard output: fitting a terminal's window, or plain. Without
    /// colour if `NO_COLOR` is set (<https://no-color.org>) or the terminal has
    /// none.
    pub fn for_stdout() -> Self {
        const USUAL_WIDTH: usize = 80;
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            return Self::Plain;
        }
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        Self::Window {
            width: match terminal_size::terminal_size_of(&stdout) {
                Some((terminal_size::Width(width), _)) if width > 0 => width.into(),
                _ => USUAL_WIDTH,
            },
            colour: !is_set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb"),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Content, Destination, OutputRules, samples};

    fn table(style: TableStyle) -> String {
        let records = [
            samples::record(),
            samples::unusable(),
            samples::with_timeline(),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        let rules = OutputRules::default();
        let destination = Destination::prepare(&path, Content::Table, &rules).unwrap();
        let mut sink = Box::new(TableSink::new(
            destination.open().unwrap(),
            &samples::run(),
            style,
        ));
        for record in &records {
            sink.write(record).unwrap();
        }
        sink.finish().unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[cfg(unix)]
    #[test]
    fn a_plain_table_has_tabs_and_whole_names_and_no_control_characters() {
        let expected = "file\tgenres\tseconds\n\
            music/blues.mp3\tBlues 0.70, Jazz 0.20, Rock 0.10\t29.9\n\
            a b/\\xff\\u{1b}[31m.mp3\tunusable: is empty (0 bytes)\t\n\
            music/blues.mp3\tBlues 0.70, Jazz 0.20, Rock 0.10\t29.9\n";
        assert_eq!(table(TableStyle::Plain), expected);
    }

    #[cfg(unix)]
    #[test]
    fn a_window_gets_aligned_columns_and_bars() {
        let style = TableStyle::Window {
            width: 80,
            colour: false,
        };
        let expected = "\
file                         genres                                      seconds
music/blues.mp3              Blues ██▊   70%  Jazz ▊     20%                29.9
a b/\\xff\\u{1b}[31m.mp3       unusable: is empty (0 bytes)
music/blues.mp3              Blues ██▊   70%  Jazz ▊     20%                29.9
";
        assert_eq!(table(style), expected);
    }

    #[test]
    fn colour_adds_to_a_line_and_moves_nothing() {
        let of = |colour| table(TableStyle::Window { width: 100, colour });
        let coloured = of(true);
        assert!(coloured.contains("\x1b[1mBlues\x1b[0m"), "{coloured:?}");
        let mut without = coloured.clone();
        for code in ["\x1b[0m", "\x1b[1m", "\x1b[33m", "\x1b[36m"] {
            without = without.replace(code, "");
        }
        assert_eq!(without, of(false));
    }
}
