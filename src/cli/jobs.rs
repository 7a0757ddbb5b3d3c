//! How many files to work on at the same time.

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;

/// More jobs per processor than this only wait for each other.
const JOBS_PER_PROCESSOR: usize = 4;

/// Memory that a job may need, in bytes: buffers of the networks, of the
/// spectrograms and of a long file.
const JOB_MEMORY: u64 = 128 << 20;

/// Addresses that the program needs beside those of its jobs, in bytes: itself, its libraries, the networks.
const OWN_ADDRESSES: u64 = 256 << 20;

/// Addresses that each thread takes, in bytes: the C library reserves so many for a thread's memory.
const THREAD_ADDRESSES: u64 = 64 << 20;

/// Warns where `ulimit -v` may end the run in the middle: memory that is refused ends a process at once, and all that can
/// then be said is how many bytes were wanted. To be called before a model is loaded.
#[cfg(unix)]
pub(super) fn warn_of_few_addresses() {
    use rustix::process::{Resource, getrlimit};

    let jobs = available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let needed = OWN_ADDRESSES + jobs.get() as u64 * THREAD_ADDRESSES;
    if let Some(allowed) = getrlimit(Resource::As).current
        && allowed < needed
    {
        tracing::warn!(
            "{} MiB of address space (ulimit -v) are less than the {} MiB that {jobs} threads may need: \
             this run may end in the middle, without an output",
            allowed >> 20,
            needed >> 20
        );
    }
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub(super) fn warn_of_few_addresses() {}

/// The number of jobs to work with where `wanted` were asked for: one per
/// processor if nothing was said, and no more than processors and memory can
/// serve. Warns if it is less than was asked for, or more than is good.
pub(super) fn resolve(wanted: Option<NonZero<usize>>) -> NonZero<usize> {
    let processors = available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let Some(wanted) = wanted.filter(|wanted| *wanted > processors) else {
        return wanted.unwrap_or(processors);
    };
    let most = most_jobs(processors, available_memory());
    if wanted > most {
        tracing::warn!(
            "--jobs {wanted}: {most} are used, which is what {processors} processors and the \
             memory can serve"
        );
    } else {
        tracing::warn!(
            "--jobs {wanted} is more than the {processors} processors; it gains nothing"
        );
    }
    wanted.min(most)
}

/// At least one per processor, at most [`JOBS_PER_PROCESSOR`] if there is memory
/// for them.
fn most_jobs(processors: NonZero<usize>, memory: Option<u64>) -> NonZero<usize> {
    let by_processors = processors.get().saturating_mul(JOBS_PER_PROCESSOR);
    let by_memory = memory.map_or(by_processors, |bytes| {
        usize::try_from(bytes / JOB_MEMORY).unwrap_or(usize::MAX)
    });
    NonZero::new(by_processors.min(by_memory)).map_or(processors, |most| most.max(processors))
}

/// Bytes that this program may still use, where the system says so: what is free
/// on Linux, or what the container is allowed if that is less.
fn available_memory() -> Option<u64> {
    let free = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text
            .lines()
            .find(|line| line.starts_with("MemAvailable:"))?;
        let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes << 10)
    });
    let allowed = number_in(Path::new("/sys/fs/cgroup/memory.max")).map(|most| {
        let used = number_in(Path::new("/sys/fs/cgroup/memory.current")).unwrap_or(0);
        most.saturating_sub(used)
    });
    [free, allowed].into_iter().flatten().min()
}

/// The number in a file that holds nothing else; cgroups without a limit say
/// `max`.
fn number_in(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most(processors: usize, memory: Option<u64>) -> usize {
        most_jobs(NonZero::new(processors).unwrap(), memory).get()
    }

    #[test]
    fn jobs_are_bounded_by_processors_and_memory() {
        assert_eq!(most(2, None), 8);
        assert_eq!(most(2, Some(64 << 30)), 8);
        assert_eq!(most(4, Some(1 << 30)), 8);
        assert_eq!(most(4, Some(100 << 20)), 4, "one per processor in any case");
    }
}
