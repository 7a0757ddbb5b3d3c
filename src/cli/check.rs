//! `fma-genre check`: what the decoder makes of each file.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::Result;
use fma_genre::Deadline;
use fma_genre::audio::{AudioLoader, DecodeStats};
use fma_genre::output::{self, Content, Destination, Output, OutputError};
use fma_genre::panics;
use fma_genre::payload::DiscoverOptions;
use fma_genre::pipeline::Status;

use super::args::CheckArgs;
use super::job::{self, Tally};
use super::session::Session;
use super::{RunEnd, files, jobs};

const COLUMNS: [&str; 10] = [
    "file",
    "status",
    "seconds",
    "sample_rate",
    "channels",
    "frames",
    "damaged_frames",
    "skipped_bytes",
    "decoder",
    "remark",
];

/// One line of the report.
struct Finding {
    status: Status,
    /// What was decoded, if anything was: duration in seconds and statistics.
    decoded: Option<(f64, DecodeStats)>,
    remark: String,
}

pub(super) fn run(args: &CheckArgs, session: &Session) -> Result<RunEnd> {
    let payload = files::find(&args.input, &DiscoverOptions::MUSIC_MP3, Deadline::NEVER)?;
    output::require_csv(&args.output)?;
    let rules = session.rules.with_force(args.force);
    let destination = Destination::prepare(&args.output, Content::Csv, &rules)?;
    destination.refuse_inputs(payload.paths())?;
    let mut tally = Tally::begin(&payload);
    let mut report = Report::begin(&destination).map_err(|e| e.at(destination.path()))?;
    job::run(
        session,
        payload.len(),
        jobs::resolve(args.jobs),
        || Ok(AudioLoader::default()),
        |loader, index| examine(loader, payload.path(index)),
        |index, finding| {
            let name = payload.path_below_root(index).as_os_str();
            let written = report.add(name, &finding);
            written.map_err(|e| e.at(destination.path()))?;
            tally.count(finding.status, None);
            Ok(finding.status)
        },
    )?;
    report.finish().map_err(|e| e.at(destination.path()))?;
    let unread = job::unread_folders(tally.folders_unread);
    tracing::info!("{} files, {} unusable{unread}", payload.len(), tally.failed);
    Ok(tally.outcome(args.strict))
}

/// The CSV that is being written.
struct Report(csv::Writer<Output>);

impl Report {
    fn begin(destination: &Destination) -> Result<Self, OutputError> {
        let mut writer = csv::Writer::from_writer(destination.open()?);
        writer.write_record(COLUMNS)?;
        Ok(Self(writer))
    }

    fn add(&mut self, name: &OsStr, finding: &Finding) -> Result<(), OutputError> {
        self.0.write_field(name.as_encoded_bytes())?;
        self.0.write_record(finding.fields())?;
        // A decoded file takes far longer than a write, and who looks on is
        // waiting for it.
        Ok(self.0.flush()?)
    }

    fn finish(self) -> Result<(), OutputError> {
        let output = self.0.into_inner().map_err(|error| error.into_error())?;
        output.commit()
    }
}

fn examine(loader: &mut AudioLoader, path: &Path) -> Finding {
    panics::contain(|| decode(loader, path)).unwrap_or_else(|panic| {
        *loader = AudioLoader::default();
        Finding {
            status: Status::Unusable,
            decoded: None,
            remark: format!("made the decoder panic; please report it: {panic}"),
        }
    })
}

fn decode(loader: &mut AudioLoader, path: &Path) -> Finding {
    match loader.load(path) {
        Ok(audio) => {
            let remarks = audio.remarks();
            Finding {
                status: if remarks.is_empty() {
                    Status::Ok
                } else {
                    Status::Warning
                },
                decoded: Some((audio.seconds(), audio.stats)),
                remark: remarks.join("; "),
            }
        }
        Err(error) => Finding {
            status: Status::Unusable,
            decoded: error.decoded(),
            remark: error.to_string(),
        },
    }
}

impl Finding {
    /// The columns behind `file`.
    fn fields(&self) -> [String; COLUMNS.len() - 1] {
        let [seconds, rate, channels, frames, damaged, skipped, decoder] = match &self.decoded {
            Some((seconds, stats)) => [
                format!("{seconds:.3}"),
                stats.sample_rate.to_string(),
                stats.channels.to_string(),
                stats.frames.to_string(),
                stats.frames_damaged.to_string(),
                stats.bytes_skipped.to_string(),
                stats.decoder().name().to_owned(),
            ],
            None => Default::default(),
        };
        let status = self.status.name().to_owned();
        let remark = self.remark.clone();
        [
            status, seconds, rate, channels, frames, damaged, skipped, decoder, remark,
        ]
    }
}
