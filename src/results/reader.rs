//! Results, line by line.

use std::io::{BufRead, BufReader, Read};

use serde::de::DeserializeOwned;

use super::error::ResultsError;
use super::file_result::FileResult;
use super::line::{Line, Version};
use crate::output::JSONL_SCHEMA_VERSION;

/// The longest line that is read, in bytes: a timeline of a day in steps of a second
/// has some 50 MB.
pub const MAX_LINE: usize = 64 << 20;

/// Reads results one after the other; only the current line is held. After an error
/// there is nothing more.
pub struct ResultsReader<R> {
    origin: String,
    input: BufReader<R>,
    line: Vec<u8>,
    number: u64,
    is_over: bool,
}

impl<R: Read> ResultsReader<R> {
    /// Of what `input` holds; `origin` is what messages call it.
    pub fn new(origin: impl Into<String>, input: R) -> Self {
        Self {
            origin: origin.into(),
            input: BufReader::new(input),
            line: Vec::new(),
            number: 0,
            is_over: false,
        }
    }

    /// The next line that is not empty, with its end; none behind the last.
    fn read_line(&mut self) -> Result<bool, ResultsError> {
        loop {
            self.line.clear();
            self.number += 1;
            let mut limited = self.input.by_ref().take(MAX_LINE as u64 + 1);
            let read = limited.read_until(b'\n', &mut self.line);
            let read = read.map_err(|source| ResultsError::Read {
                origin: self.origin.clone(),
                source,
            })?;
            if read > MAX_LINE {
                return Err(ResultsError::LongLine {
                    origin: self.origin.clone(),
                    line: self.number,
                    limit: MAX_LINE,
                });
            }
            if read == 0 {
                return Ok(false);
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, ResultsError> {
        let mut json = serde_json::Deserializer::from_slice(&self.line);
        let value = serde_path_to_error::deserialize(&mut json);
        let value = value.map_err(|error| error.to_string());
        value
            .and_then(|value| match json.end() {
                Ok(()) => Ok(value),
                Err(error) => Err(error.to_string()),
            })
            .map_err(|problem| self.refused(problem))
    }

    fn refused(&self, problem: String) -> ResultsError {
        let (origin, line) = (self.origin.clone(), self.number);
        // A whole line ends in a line feed, whatever is in it.
        if self.line.ends_with(b"\n") || self.number == 1 && !self.line.starts_with(b"{") {
            ResultsError::Invalid {
                origin,
                line,
                problem,
            }
        } else {
            ResultsError::CutOff { origin, line }
        }
    }

    fn read_result(&mut self) -> Result<Option<FileResult>, ResultsError> {
        if !self.read_line()? {
            return Ok(None);
        }
        let Version { schema_version } = self.parse()?;
        if schema_version != u64::from(JSONL_SCHEMA_VERSION) {
            return Err(ResultsError::OtherVersion {
                origin: self.origin.clone(),
                line: self.number,
                found: schema_version,
            });
        }
        let line: Line = self.parse()?;
        let result = FileResult::try_from(line);
        result.map(Some).map_err(|problem| self.refused(problem))
    }
}

impl<R: Read> Iterator for ResultsReader<R> {
    type Item = Result<FileResult, ResultsError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let result = self.read_result().transpose();
        self.is_over = !matches!(result, Some(Ok(_)));
        result
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::output::{RecordFormat, TableStyle, samples};

    fn written() -> String {
        let records = [
            samples::record(),
            samples::unusable(),
            samples::with_timeline(),
        ];
        let bytes = samples::written_records(RecordFormat::Jsonl, TableStyle::Plain, &records);
        String::from_utf8(bytes).unwrap()
    }

    fn read(text: &str) -> Vec<Result<FileResult, String>> {
        ResultsReader::new("r.jsonl", text.as_bytes())
            .map(|result| result.map_err(|error| error.to_string()))
            .collect()
    }

    fn last_error(text: &str) -> String {
        read(text).pop().unwrap().unwrap_err()
    }

    #[test]
    fn what_was_written_is_read_again() {
        let results: Vec<_> = read(&written()).into_iter().map(Result::unwrap).collect();
        let written = [
            samples::record(),
            samples::unusable(),
            samples::with_timeline(),
        ];
        assert_eq!(results.len(), 3);
        for (result, record) in results.iter().zip(&written) {
            assert_eq!(result.path, record.path);
            assert_eq!(result.status, record.status);
            assert_eq!(result.remark, record.remark);
            assert_eq!(result.tag_genre, record.tag_genre);
            assert_eq!(result.probabilities, record.probabilities);
            assert_eq!(result.timeline, record.timeline);
            assert_eq!(result.heard.is_some(), record.audio.is_some());
        }
        assert_eq!(results[0].genre, Some("Blues"));
        assert_eq!(results[1].genre, None);
        assert!(results[1].path.to_str().is_none(), "bytes come back");
        assert_eq!(results[0].model.name, "small");
        assert_eq!(results[0].heard.as_ref().unwrap().sample_rate, 44_100);
    }

    #[test]
    fn a_last_line_that_is_cut_off_costs_no_other() {
        let text = written();
        let second = text.match_indices('\n').nth(1).unwrap().0;
        for end in [second + 2, second + 100, text.len() - 2] {
            let results = read(&text[..end]);
            assert_eq!(results.len(), 3);
            assert!(results[..2].iter().all(Result::is_ok));
            assert_eq!(
                last_error(&text[..end]),
                "r.jsonl, line 3: the last line is cut off; the results are not complete"
            );
        }
        // Only the line feed is missing.
        assert!(read(&text[..text.len() - 1]).iter().all(Result::is_ok));
    }

    #[test]
    fn other_versions_are_refused() {
        let text = written().replace(r#""schema_version":1"#, r#""schema_version":2"#);
        assert_eq!(
            last_error(&text),
            "r.jsonl, line 1: results of schema version 2; this program reads version 1"
        );
        assert_eq!(read(&text).len(), 1);
    }

    #[test]
    fn what_is_no_result_is_named() {
        let invalid = |problem: &str| {
            format!(
                "r.jsonl, line 1: {problem}; a result is what `fma-genre classify --format jsonl` \
                 writes"
            )
        };
        assert_eq!(
            last_error("file_id,Blues"),
            invalid("expected ident at line 1 column 2")
        );
        assert_eq!(
            last_error("{}\n"),
            invalid("missing field `schema_version` at line 1 column 2")
        );
        let line = written().lines().next().unwrap().to_owned() + "\n";
        for (from, to, problem) in [
            (
                r#""Blues":0.7"#,
                r#""Blues":0.9"#,
                "the probabilities sum to 1.200000",
            ),
            (
                r#""Blues":0.7"#,
                r#""Blues":-1.0"#,
                "the probability of Blues is -1",
            ),
            (r#""Pop":0.0,"#, "", "probabilities of 15 genres, not 16"),
            (
                r#""Pop":0.0,"#,
                r#""Polka":0.0,"#,
                r#"there is no genre "Polka""#,
            ),
            (r#""seconds":29"#, r#""seconds":-29"#, "seconds is -29.946"),
            (
                r#""genre":"Blues","tag"#,
                r#""genre":"blues","tag"#,
                r#"there is no genre "blues""#,
            ),
        ] {
            let changed = line.replace(from, to);
            assert_ne!(changed, line, "{from}");
            assert_eq!(last_error(&changed), invalid(problem));
        }
    }

    #[test]
    fn nothing_and_empty_lines_are_no_results() {
        assert_eq!(read(""), []);
        let text = format!("\n{}\n\n", written().replace('\n', "\r\n\n"));
        assert_eq!(read(&text).len(), 3);
        assert!(read(&text).iter().all(Result::is_ok));
        let first = read(&text).remove(0).unwrap();
        assert_eq!(first.path, Path::new("music/blues.mp3"));
    }
}
