//! Flags and environment variables, resolved once into what a run needs.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fma_genre::Deadline;
use fma_genre::model::{Model, Prior};
use fma_genre::output::{NumberOutput, OutputRules};
use fma_genre::payload::{self, DiscoverOptions, Payload, PayloadWarning};

use super::args::{EmbedArgs, JobArgs, PredictArgs};
use super::names;

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
    pub(super) deadline: Deadline,
}

/// A run of `predict`.
pub(super) struct PredictOptions {
    pub(super) job: JobOptions,
    pub(super) output: NumberOutput,
    pub(super) prior: Prior,
}

/// A run of `embed`.
pub(super) struct EmbedOptions {
    pub(super) job: JobOptions,
    pub(super) output: NumberOutput,
    pub(super) patches: bool,
}

impl PredictOptions {
    pub(super) fn resolve(args: &PredictArgs, start: Instant, rules: &OutputRules) -> Result<Self> {
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
        let budget = budget.map(|budget| (start, budget));
        let job = JobOptions::resolve(&args.job, &DiscoverOptions::EVERY_MP3, budget)?;
        let output = job.output(&output, &rules.with_force(args.force))?;
        Ok(Self { job, output, prior })
    }
}

impl EmbedOptions {
    pub(super) fn resolve(args: &EmbedArgs, rules: &OutputRules) -> Result<Self> {
        let job = JobOptions::resolve(&args.job, &DiscoverOptions::MUSIC_MP3, None)?;
        let output = job.output(&args.output, &rules.with_force(args.force))?;
        Ok(Self {
            job,
            output,
            patches: args.patches,
        })
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
        let model = match &args.model {
            Some(choice) => resolve_model(choice)?,
            None => default_model()?,
        };
        let payload = find(&input, wanted, time_to_search(budget))?;
        names::warn_of_odd_ones(&payload);
        let jobs = args
            .jobs
            .or_else(|| std::thread::available_parallelism().ok())
            .unwrap_or(NonZero::<usize>::MIN);
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
            deadline,
        })
    }

    /// The place to write to, which must not be one of the files to be read.
    fn output(&self, path: &Path, rules: &OutputRules) -> Result<NumberOutput> {
        let output = NumberOutput::prepare(path, rules)?;
        output.refuse_inputs(self.payload.paths())?;
        Ok(output)
    }
}

/// The files below `input`; what is odd about them is logged.
pub(super) fn find(input: &Path, wanted: &DiscoverOptions, deadline: Deadline) -> Result<Payload> {
    let log = |warning: &PayloadWarning| tracing::warn!("{warning}");
    let found = payload::discover(input, wanted, deadline);
    match &found {
        Ok(payload) => payload.warnings().for_each(|warning| log(&warning)),
        Err(error) => error.warnings().iter().for_each(log),
    }
    Ok(found?)
}

/// When the search for files ends: it leaves a tenth of the time for writing their
/// rows. Each file must have its row, so that even if there is no time to classify any
/// there are two seconds to find them: enough for a million on a local disk.
fn time_to_search(budget: Option<(Instant, Duration)>) -> Deadline {
    const LEAST: Duration = Duration::from_secs(2);
    match budget {
        Some((start, budget)) => {
            let search = budget - budget / 10;
            Deadline::after(start, search.max(start.elapsed() + LEAST))
        }
        None => Deadline::NEVER,
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

/// A folder, or the name of a bundled model. A path that looks like one but
/// does not exist is reported as such.
fn resolve_model(choice: &Path) -> Result<Model> {
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
