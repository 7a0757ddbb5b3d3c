//! The page itself: a template, filled.

use std::io::Write;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use serde::Serialize;
use thiserror::Error;

use super::causes::causes;
use super::data::Data;
use super::judged::Judged;
use super::map::Map;
use super::track::{DISAGREES_BELOW, Track};
use crate::genre::{GENRE_COUNT, GENRES};
use crate::pipeline::Status;

const TEMPLATE: &str = include_str!("page/report.html");
const STYLE: &str = include_str!("page/report.css");
const SCRIPT: [&str; 3] = [
    include_str!("page/table.js"),
    include_str!("page/map.js"),
    include_str!("page/start.js"),
];

/// Why a page cannot be made.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The template cannot be filled: a defect of this program.
    #[error("cannot fill the template of the report")]
    Template(#[from] minijinja::Error),
    /// The collection cannot be told as JSON: a defect of this program.
    #[error("cannot write the report's data")]
    Data(#[from] serde_json::Error),
    /// Writing failed.
    #[error("cannot write the report")]
    Write(#[from] std::io::Error),
}

/// What a page is about.
#[derive(Debug)]
pub struct Report<'t> {
    /// Its heading.
    pub title: String,
    /// The files, in the order in which the table begins.
    pub tracks: &'t [Track],
    /// What classified them, such as `compact 0.4`.
    pub model: String,
    /// The class prior: `fma`, `uniform` or the name of its file.
    pub prior: String,
    /// Where they lie, if that was asked for.
    pub map: Option<&'t Map>,
    /// How right their genres are, if there are labels.
    pub judged: Option<&'t Judged>,
}

/// A line of the chart of genres.
#[derive(Debug, Serialize)]
struct Share {
    index: usize,
    genre: &'static str,
    files: usize,
    /// Of the files that could be classified, in percent.
    percent: String,
    /// Length of the bar, in percent of the longest.
    width: String,
}

impl Report<'_> {
    /// Writes the page.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn write(&self, output: &mut impl Write) -> Result<(), ReportError> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.add_template("report", TEMPLATE)?;
        let count = |status| {
            let of_status = self.tracks.iter().filter(|track| track.status == status);
            of_status.count()
        };
        let seconds: f64 = self.tracks.iter().filter_map(|track| track.seconds).sum();
        let disagree = self.tracks.iter().filter(|track| track.tag_disagrees());
        let page = environment.get_template("report")?.render(context! {
            title => self.title.as_str(),
            files => self.tracks.len(),
            warnings => count(Status::Warning),
            unusable => count(Status::Unusable),
            duration => duration(seconds),
            disagree => disagree.count(),
            disagrees_below => DISAGREES_BELOW,
            shares => Value::from(Serde(self.shares())),
            genres => Value::from(Serde(GENRES)),
            causes => Value::from(Serde(causes(self.tracks))),
            has_map => self.map.is_some(),
            has_timeline => self.tracks.iter().any(|track| !track.timeline.is_empty()),
            judged => Value::from(Serde(self.judged)),
            model => self.model.as_str(),
            prior => self.prior.as_str(),
            program => concat!("fma-genre ", env!("CARGO_PKG_VERSION")),
            style => STYLE,
            script => SCRIPT.concat(),
            data => Data::new(self.tracks, self.map).to_json()?,
        })?;
        Ok(output.write_all(page.as_bytes())?)
    }

    /// Files per genre, the most frequent first.
    fn shares(&self) -> Vec<Share> {
        let mut counts = [0_usize; GENRE_COUNT];
        for genre in self.tracks.iter().filter_map(Track::genre) {
            counts[genre] += 1;
        }
        let sum: usize = counts.iter().sum();
        let most = counts.iter().copied().max().unwrap_or(0).max(1);
        let mut order: Vec<usize> = (0..GENRE_COUNT).collect();
        order.sort_by_key(|genre| std::cmp::Reverse(counts[*genre]));
        let percent = |count: usize, of: usize| 100.0 * count as f64 / of.max(1) as f64;
        let share = |index: usize| Share {
            index,
            genre: GENRES[index],
            files: counts[index],
            percent: format!("{:.1}", percent(counts[index], sum)),
            width: format!("{:.2}", percent(counts[index], most)),
        };
        order.into_iter().map(share).collect()
    }
}

/// Hours and minutes of music, for a sentence.
fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds:.0} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}
