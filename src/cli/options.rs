//! Flags and environment variables, resolved once into what a run needs.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fma_genre::Deadline;
use fma_genre::audio::Formats;
use fma_genre::model::{Model, Prior};
use fma_genre::output::{
    NumberOutput, OutputRules, RecordFormat, RecordOutput, RowSink, RunInfo, TableStyle,
};
use fma_genre::payload::{DiscoverOptions, Payload};
use fma_genre::pipeline::journal::IfFound;
use fma_genre::pipeline::{Limits, Question, Record};
use fma_genre::shards::MadeBy;

use super::args::{ClassifyArgs, EmbedArgs, Format, JobArgs, ListeningArgs, PredictArgs};
use super::session::Session;
use super::shard::{self, ShardRun};
use super::{files, jobs, names};

/// Where the challenge mounts its files.
const DEFAULT_INPUT: &str = "/crowdai-payload";
/// Where the challenge fetches the CSV.
const DEFAULT_OUTPUT: &str = "/tmp/output.csv";

/// A set of files and how to work on them.
pub(super) struct JobOptions {
    pub(super) payload: Payload,
    pub(super) model: Model,
    pub(super) jobs: NonZero<usize>,
    pub(super) strict: bool,
    pub(super) limits: Limits,
}

/// A run of `predict`.
pub(super) struct PredictOptions {
    pub(super) job: JobOptions,
    pub(super) output: NumberOutput,
    pub(super) prior: Prior,
    pub(super) shard: Option<ShardRun>,
}

/// A run of `embed`.
pub(super) struct EmbedOptions {
    pub(super) job: JobOptions,
    pub(super) output: NumberOutput,
    pub(super) patches: bool,
}

/// A run of `classify`.
pub(super) struct ClassifyOptions {
    pub(super) payload: Payload,
    model: Model,
    prior: Prior,
    timeline: Option<Duration>,
    file_timeout: Duration,
    pub(super) jobs: NonZero<usize>,
    pub(super) strict: bool,
    format: RecordFormat,
    pub(super) output: RecordOutput,
    run: RunInfo,
    /// Where results are collected until all are there, if there is to be a file.
    pub(super) journal: Option<PathBuf>,
    pub(super) if_found: IfFound,
    pub(super) shard: Option<ShardRun>,
}

impl PredictOptions {
    pub(super) fn resolve(args: &PredictArgs, session: &Session) -> Result<Self> {
        let budget = match args.deadline {
            Some(budget) => Some(budget),
            None => deadline_from_env()?,
        };
        let output = args
            .output
            .clone()
            .or_else(|| env_path("OUTPUT_PATH"))
            .unwrap_or_else(|| DEFAULT_OUTPUT.into());
        let prior = resolve_prior(&args.prior)?;
        let budget = budget.map(|budget| (session.start, budget));
        let mut job = JobOptions::resolve(&args.job, &DiscoverOptions::EVERY_MP3, budget)?;
        let rules = session.rules.with_force(args.force);
        let output = job.output(&output, &rules)?;
        let shard = match args.shard {
            Some(shard) => {
                let manifest = job.model.manifest();
                let prior = (name_of_prior(&args.prior), &prior);
                let format = output.format().name();
                let made_by = shard::made_by("predict", format, manifest, (&prior.0, prior.1));
                let begun =
                    ShardRun::begin(shard, &mut job.payload, output.path(), &rules, made_by)?;
                Some(begun)
            }
            None => None,
        };
        Ok(Self {
            job,
            output,
            prior,
            shard,
        })
    }
}

impl EmbedOptions {
    pub(super) fn resolve(args: &EmbedArgs, session: &Session) -> Result<Self> {
        let job = JobOptions::resolve(&args.job, &DiscoverOptions::MUSIC_MP3, None)?;
        let output = job.output(&args.output, &session.rules.with_force(args.force))?;
        Ok(Self {
            job,
            output,
            patches: args.patches,
        })
    }
}

impl ClassifyOptions {
    pub(super) fn resolve(args: &ClassifyArgs, session: &Session) -> Result<Self> {
        let format = match args.format {
            Some(format) => format.into(),
            None => RecordFormat::for_path(&args.output)?,
        };
        if args.timeline.is_some() && format != RecordFormat::Jsonl {
            bail!("only JSON lines have room for a timeline: add --format jsonl");
        }
        let journal = journal_of(&args.output);
        if args.resume && journal.is_none() {
            bail!("--resume needs an output file: there is no journal without one");
        }
        let prior = resolve_prior(&args.prior)?;
        let model = resolve_model(args.model.as_deref())?;
        let mut payload = files::search(args)?;
        let rules = session.rules.with_force(args.force);
        let output = RecordOutput::prepare(&args.output, format, &rules)?;
        output.refuse_inputs(payload.paths())?;
        let manifest = model.manifest();
        let run = RunInfo {
            model: manifest.name.clone(),
            model_version: manifest.version.clone(),
            prior: name_of_prior(&args.prior),
            top: args.top,
            min_probability: args.min_probability,
        };
        let shard = match args.shard {
            Some(shard) => {
                let prior = (run.prior.as_str(), &prior);
                let made_by = MadeBy {
                    top: Some(run.top),
                    min_probability: Some(run.min_probability),
                    timeline: args.timeline.map(|segment| segment.as_secs_f64()),
                    ..shard::made_by("classify", format.name(), manifest, prior)
                };
                let begun = ShardRun::begin(shard, &mut payload, output.path(), &rules, made_by)?;
                Some(begun)
            }
            None => None,
        };
        Ok(Self {
            payload,
            shard,
            prior,
            timeline: args.timeline,
            file_timeout: args.file_timeout,
            jobs: jobs::resolve(args.jobs),
            strict: args.strict,
            format,
            output,
            run,
            journal,
            if_found: match (args.resume, args.force) {
                (true, _) => IfFound::Resume,
                (false, true) => IfFound::Overwrite,
                (false, false) => IfFound::Refuse,
            },
            model,
        })
    }

    /// What is asked about each file.
    pub(super) fn question(&self) -> Question<'_> {
        Question {
            model: &self.model,
            prior: self.prior.clone(),
            formats: Formats::Any,
            limits: limits(self.file_timeout),
            timeline: self.timeline,
            read_tags: true,
            embedding: false,
        }
    }

    /// Begins to write.
    pub(super) fn open(&self) -> Result<Box<dyn RowSink<Record>>> {
        Ok(self.output.open(&self.run, TableStyle::for_stdout())?)
    }

    pub(super) fn is_table_on_stdout(&self) -> bool {
        self.format == RecordFormat::Table && self.output.path() == Path::new("-")
    }
}

/// The journal of an output; none for standard output, pipes and devices.
fn journal_of(output: &Path) -> Option<PathBuf> {
    let is_stream = output == Path::new("-") || output.metadata().is_ok_and(|m| !m.is_file());
    (!is_stream).then(|| {
        let mut path = output.as_os_str().to_owned();
        path.push(".journal");
        path.into()
    })
}

/// What outputs call a prior: a bundled one's name, or the name of its file.
pub(super) fn name_of_prior(choice: &Path) -> String {
    let name = choice.file_name().unwrap_or(choice.as_os_str());
    name.to_string_lossy().into_owned()
}

impl From<Format> for RecordFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Table => Self::Table,
            Format::Jsonl => Self::Jsonl,
            Format::Csv => Self::Csv,
            Format::Parquet => Self::Parquet,
        }
    }
}

impl JobOptions {
    fn resolve(
        args: &JobArgs,
        wanted: &DiscoverOptions,
        budget: Option<(Instant, Duration)>,
    ) -> Result<Self> {
        let input = args
            .input
            .clone()
            .or_else(|| env_path("TEST_DIRECTORY"))
            .unwrap_or_else(|| DEFAULT_INPUT.into());
        let model = resolve_model(args.model.as_deref())?;
        let payload = files::find(&input, wanted, files::time_to_search(budget))?;
        names::warn_of_odd_ones(&payload);
        let jobs = jobs::resolve(args.jobs);
        let deadline = match budget {
            Some((start, budget)) => {
                let reserve = time_to_finish(payload.len());
                Deadline::after(start, budget.saturating_sub(reserve))
            }
            None => Deadline::NEVER,
        };
        Ok(Self {
            payload,
            model,
            jobs,
            strict: args.strict,
            limits: Limits {
                deadline,
                file_timeout: Some(args.file_timeout),
            },
        })
    }

    /// The place to write to, which must not be one of the files to be read.
    fn output(&self, path: &Path, rules: &OutputRules) -> Result<NumberOutput> {
        let output = NumberOutput::prepare(path, rules)?;
        output.refuse_inputs(self.payload.paths())?;
        Ok(output)
    }
}

/// What `report` and `tag` ask about each file, unless they change it.
pub(super) fn question<'m>(model: &'m Model, args: &ListeningArgs) -> Result<Question<'m>> {
    Ok(Question {
        model,
        prior: resolve_prior(&args.prior)?,
        formats: Formats::Any,
        limits: limits(args.file_timeout),
        timeline: None,
        read_tags: false,
        embedding: false,
    })
}

/// The limits of a run that may last as long as it takes.
fn limits(file_timeout: Duration) -> Limits {
    Limits {
        deadline: Deadline::NEVER,
        file_timeout: Some(file_timeout),
    }
}

/// Time to keep for the patch that is being worked on and for writing.
fn time_to_finish(files: usize) -> Duration {
    Duration::from_millis(250)
        + Duration::from_micros(20) * u32::try_from(files).unwrap_or(u32::MAX)
}

fn default_model() -> Result<Model> {
    let name = Model::bundled_names()
        .next()
        .context("this program has no model in it")?;
    Model::bundled(name).context("cannot load the bundled model")
}

/// The default model, unless another is chosen.
pub(super) fn resolve_model(choice: Option<&Path>) -> Result<Model> {
    jobs::warn_of_few_addresses();
    match choice {
        Some(choice) => model_named(choice),
        None => default_model(),
    }
}

/// A folder, or the name of a bundled model. A path that looks like one but
/// does not exist is reported as such.
fn model_named(choice: &Path) -> Result<Model> {
    let name = choice.to_str();
    let bundled = name.filter(|name| Model::bundled_names().any(|known| known == *name));
    match (bundled, name) {
        (Some(name), _) => Ok(Model::bundled(name)?),
        (None, Some(name)) if !choice.exists() && !name.contains(std::path::is_separator) => {
            Ok(Model::bundled(name)?)
        }
        _ => Model::from_dir(choice).with_context(|| format!("cannot load the model {choice:?}")),
    }
}

fn resolve_prior(choice: &Path) -> Result<Prior> {
    match choice.to_str() {
        Some("fma") => Ok(Prior::fma()),
        Some("uniform") => Ok(Prior::uniform()),
        _ => {
            let file = std::fs::File::open(choice).with_context(|| {
                format!("--prior must be fma, uniform or a CSV file; cannot open {choice:?}")
            })?;
            Prior::from_csv(file).with_context(|| format!("cannot use the prior {choice:?}"))
        }
    }
}

fn deadline_from_env() -> Result<Option<Duration>> {
    const NAME: &str = "FMA_GENRE_DEADLINE";
    let Some(value) = env_path(NAME) else {
        return Ok(None);
    };
    let text = value.to_string_lossy();
    let budget = humantime::parse_duration(&text)
        .with_context(|| format!("{NAME}={text:?} is not a time such as 9h30m or 90s"))?;
    Ok(Some(budget))
}

/// An environment variable; an empty one counts as unset.
fn env_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
