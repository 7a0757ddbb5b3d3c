//! Many items on several threads, results in order.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder};

/// Does `work` on the items `0..count` with `jobs` threads and returns the
/// results in the order of the items, whatever the number of threads.
///
/// Each thread makes its worker once and takes the next item whenever it is
/// done with one, so that none idles while there are items left.
///
/// # Errors
/// The first error of `make_worker`; `work` has no say in it.
pub fn run<W, T, E>(
    count: usize,
    jobs: NonZero<usize>,
    make_worker: impl Fn() -> Result<W, E> + Sync,
    work: impl Fn(&mut W, usize) -> T + Sync,
) -> Result<Vec<T>, E>
where
    T: Send,
    E: Send,
{
    let next = AtomicUsize::new(0);
    let take_items = || -> Result<Vec<(usize, T)>, E> {
        let mut worker = make_worker()?;
        let mut results = Vec::new();
        loop {
            let item = next.fetch_add(1, Ordering::Relaxed);
            if item >= count {
                return Ok(results);
            }
            results.push((item, work(&mut worker, item)));
        }
    };
    let mut results = thread::scope(|scope| {
        // A thread that cannot be started leaves its work to the others; this
        // one takes part, so that there is always one.
        let threads: Vec<_> = (1..jobs.get().min(count))
            .map_while(|_| Builder::new().spawn_scoped(scope, take_items).ok())
            .collect();
        let mut all = Vec::with_capacity(count);
        all.extend(take_items()?);
        for thread in threads {
            match thread.join() {
                Ok(results) => all.extend(results?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(all)
    })?;
    results.sort_unstable_by_key(|(item, _)| *item);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_for_any_number_of_threads() {
        for jobs in [1, 2, 7, 200] {
            let jobs = NonZero::new(jobs).unwrap();
            let squares = run(100, jobs, || Ok::<_, ()>(()), |(), i| i * i).unwrap();
            assert!(
                squares
                    .iter()
                    .enumerate()
                    .all(|(i, square)| i * i == *square)
            );
            assert_eq!(squares.len(), 100);
        }
    }

    #[test]
    fn a_worker_that_cannot_be_made_is_an_error() {
        let jobs = NonZero::new(2).unwrap();
        let result = run(3, jobs, || Err::<(), _>("no worker"), |(), i| i);
        assert_eq!(result, Err("no worker"));
    }
}
