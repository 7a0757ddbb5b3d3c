//! Many items on several threads: results one after the other, in order, as
//! they come.

use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread::{self, Builder};

/// How many results per thread may wait for their turn or for a slow consumer.
///
/// More lets the others go on for longer while one works on a long file; each
/// costs the memory of a result. With 16, a file may last as long as 16 others
/// before anyone waits for it.
pub const WINDOW_PER_JOB: usize = 16;

/// Why a stream ended before its last item.
#[derive(Debug, PartialEq, Eq)]
pub enum StreamError<W, C> {
    /// A worker could not be made.
    Worker(W),
    /// The consumer failed.
    Consumer(C),
}

/// Whether all items were worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// All were.
    Complete,
    /// It was told to stop; what had been begun was finished and consumed.
    Stopped,
}

/// Does `work` on the items `0..count` with `jobs` threads and hands the
/// results to `consume` on the calling thread, in the order of the items,
/// whatever the number of threads.
///
/// Each thread makes its worker once and takes the next item whenever it is
/// done with one, so that none idles while there are items left: unless
/// [`WINDOW_PER_JOB`] results per thread are waiting, which bounds the memory
/// when `consume` is slow. With one job all is done on the calling thread.
///
/// When `stop` becomes true no more items are begun; those under way are
/// finished and consumed.
///
/// # Errors
/// The first error of `make_worker` or of `consume`: no more items are begun,
/// no more results are consumed. `work` has no say in it.
///
/// # Panics
/// If `work`, `make_worker` or `consume` does, after all threads have ended.
pub fn run<W, T, EW, EC>(
    count: usize,
    jobs: NonZero<usize>,
    stop: &AtomicBool,
    make_worker: impl Fn() -> Result<W, EW> + Sync,
    work: impl Fn(&mut W, usize) -> T + Sync,
    mut consume: impl FnMut(usize, T) -> Result<(), EC>,
) -> Result<StreamEnd, StreamError<EW, EC>>
where
    T: Send,
    EW: Send,
{
    let threads = jobs.get().min(count);
    if threads <= 1 {
        return run_here(count, stop, make_worker, work, consume);
    }
    let window = Window::new(count, threads * WINDOW_PER_JOB, stop);
    let produce = || {
        let _closing = Closing(&window);
        match make_worker() {
            Ok(mut worker) => {
                while let Some(item) = window.claim() {
                    window.deliver(item, work(&mut worker, item));
                }
            }
            Err(error) => window.fail(error),
        }
    };
    let outcome = thread::scope(|scope| {
        // A thread that cannot be started leaves its work to the others.
        let workers: Vec<_> = (0..threads)
            .map_while(|_| Builder::new().spawn_scoped(scope, produce).ok())
            .collect();
        if workers.is_empty() {
            return None;
        }
        let consumed = {
            // Also when `consume` panics: the threads must end before the scope can.
            let _closing = Closing(&window);
            window.consume(&mut consume)
        };
        for worker in workers {
            if let Err(panic) = worker.join() {
                resume_unwind(panic);
            }
        }
        Some(consumed)
    });
    match outcome {
        Some(consumed) => consumed,
        None => run_here(count, stop, &make_worker, &work, consume),
    }
}

/// Everything on this thread.
fn run_here<W, T, EW, EC>(
    count: usize,
    stop: &AtomicBool,
    make_worker: impl Fn() -> Result<W, EW>,
    work: impl Fn(&mut W, usize) -> T,
    mut consume: impl FnMut(usize, T) -> Result<(), EC>,
) -> Result<StreamEnd, StreamError<EW, EC>> {
    let mut worker = make_worker().map_err(StreamError::Worker)?;
    for item in 0..count {
        if stop.load(Ordering::Relaxed) {
            return Ok(StreamEnd::Stopped);
        }
        consume(item, work(&mut worker, item)).map_err(StreamError::Consumer)?;
    }
    Ok(StreamEnd::Complete)
}

/// The items that were begun and not yet consumed.
struct Window<'s, T, E> {
    count: usize,
    /// Most items in the window.
    size: usize,
    stop: &'s AtomicBool,
    state: Mutex<State<T, E>>,
    /// A result came, or none will.
    arrived: Condvar,
    /// An item was consumed, or no more are wanted.
    moved: Condvar,
}

struct State<T, E> {
    /// The item in front; all before it were consumed.
    first: usize,
    /// One place for each item that was begun, from `first` on.
    results: VecDeque<Option<T>>,
    /// No more items are to be begun.
    closed: bool,
    /// Results that are missing will not come: their thread panicked.
    broken: bool,
    failure: Option<E>,
}

impl<'s, T, E> Window<'s, T, E> {
    fn new(count: usize, size: usize, stop: &'s AtomicBool) -> Self {
        Self {
            count,
            size,
            stop,
            state: Mutex::new(State {
                first: 0,
                results: VecDeque::new(),
                closed: false,
                broken: false,
                failure: None,
            }),
            arrived: Condvar::new(),
            moved: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T, E>> {
        // No foreign code runs under the lock, so that it is never poisoned.
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The next item to work on, once there is room for its result; none when
    /// all are begun or no more are wanted.
    fn claim(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if self.stop.load(Ordering::Relaxed) {
                state.closed = true;
                // The consumer may be waiting for a result that no one begins.
                self.arrived.notify_all();
            }
            let next = state.first + state.results.len();
            if state.closed || next == self.count {
                return None;
            }
            if state.results.len() < self.size {
                state.results.push_back(None);
                return Some(next);
            }
            state = self.moved.wait(state).unwrap_or_else(|e| e.into_inner());
        }
    }

    fn deliver(&self, item: usize, result: T) {
        let mut state = self.lock();
        let place = item - state.first;
        if let Some(place) = state.results.get_mut(place) {
            *place = Some(result);
        }
        if place == 0 {
            self.arrived.notify_all();
        }
    }

    fn fail(&self, error: E) {
        let mut state = self.lock();
        state.failure.get_or_insert(error);
        drop(state);
        self.close();
    }

    /// No more items are begun.
    fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
        self.moved.notify_all();
    }

    /// Takes the results as they come until there are no more.
    fn consume<EC>(
        &self,
        consume: &mut impl FnMut(usize, T) -> Result<(), EC>,
    ) -> Result<StreamEnd, StreamError<E, EC>> {
        let mut state = self.lock();
        loop {
            if let Some(error) = state.failure.take() {
                return Err(StreamError::Worker(error));
            }
            let item = state.first;
            if item == self.count {
                return Ok(StreamEnd::Complete);
            }
            match state.results.front_mut().map(Option::take) {
                Some(Some(result)) => {
                    drop(state);
                    consume(item, result).map_err(StreamError::Consumer)?;
                    // Only now is its place free: what is being consumed counts.
                    state = self.lock();
                    state.results.pop_front();
                    state.first += 1;
                    self.moved.notify_one();
                }
                None if state.closed => return Ok(StreamEnd::Stopped),
                // The caller goes on with the panic.
                _ if state.broken => return Ok(StreamEnd::Stopped),
                _ => state = self.arrived.wait(state).unwrap_or_else(|e| e.into_inner()),
            }
        }
    }
}

/// Lets no more items be begun when its holder ends: a worker that ran out of
/// items, the consumer, or either in a panic.
struct Closing<'w, 's, T, E>(&'w Window<'s, T, E>);

impl<T, E> Drop for Closing<'_, '_, T, E> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().broken = true;
        }
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::convert::Infallible;
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    static GO_ON: AtomicBool = AtomicBool::new(false);

    fn jobs(jobs: usize) -> NonZero<usize> {
        NonZero::new(jobs).unwrap()
    }

    fn no_worker() -> Result<(), Infallible> {
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn results_come_in_order_whatever_the_threads_and_delays(
            delays in proptest::collection::vec(0..400_u64, 0..120),
            threads in 1..9_usize,
            consumer_delay in 0..200_u64,
        ) {
            let mut seen = Vec::new();
            let end = run(
                delays.len(),
                jobs(threads),
                &GO_ON,
                no_worker,
                |(), item| {
                    thread::sleep(Duration::from_micros(delays[item]));
                    item * item
                },
                |item, square| {
                    thread::sleep(Duration::from_micros(consumer_delay));
                    seen.push((item, square));
                    Ok::<_, Infallible>(())
                },
            );
            prop_assert_eq!(end, Ok(StreamEnd::Complete));
            let expected: Vec<_> = (0..delays.len()).map(|item| (item, item * item)).collect();
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn a_slow_consumer_bounds_what_is_in_flight() {
        let (begun, mut consumed, mut most) = (AtomicUsize::new(0), 0, 0);
        let end = run(
            300,
            jobs(3),
            &GO_ON,
            no_worker,
            |(), _| begun.fetch_add(1, Ordering::SeqCst),
            |_, _| {
                thread::sleep(Duration::from_micros(200));
                most = most.max(begun.load(Ordering::SeqCst) - consumed);
                consumed += 1;
                Ok::<_, Infallible>(())
            },
        );
        assert_eq!(end, Ok(StreamEnd::Complete));
        assert!((2..=3 * WINDOW_PER_JOB).contains(&most), "{most} in flight");
    }

    #[test]
    fn an_error_of_the_consumer_ends_the_run() {
        for threads in [1, 4] {
            let begun = AtomicUsize::new(0);
            let mut consumed = 0;
            let end = run(
                10_000,
                jobs(threads),
                &GO_ON,
                no_worker,
                |(), _| begun.fetch_add(1, Ordering::SeqCst),
                |item, _| {
                    consumed += 1;
                    if item == 5 { Err("disk full") } else { Ok(()) }
                },
            );
            assert_eq!(end, Err(StreamError::Consumer("disk full")));
            assert_eq!(consumed, 6);
            // Item 5 and those before it have left the window or fill it.
            let most = 6 + threads * WINDOW_PER_JOB;
            assert!(begun.into_inner() <= most, "more than {most} were begun");
        }
    }

    #[test]
    fn a_worker_that_cannot_be_made_is_an_error() {
        for threads in [1, 3] {
            let end = run(
                50,
                jobs(threads),
                &GO_ON,
                || Err::<(), _>("no worker"),
                |(), item| item,
                |_, _| Ok::<_, Infallible>(()),
            );
            assert_eq!(end, Err(StreamError::Worker("no worker")));
        }
    }

    #[test]
    fn what_was_begun_before_a_stop_is_consumed() {
        for threads in [1, 4] {
            let stop = AtomicBool::new(false);
            let begun = AtomicUsize::new(0);
            let mut seen = Vec::new();
            let end = run(
                10_000,
                jobs(threads),
                &stop,
                no_worker,
                |(), item| {
                    begun.fetch_add(1, Ordering::SeqCst);
                    stop.fetch_or(item == 7, Ordering::SeqCst);
                },
                |item, ()| {
                    seen.push(item);
                    Ok::<_, Infallible>(())
                },
            );
            assert_eq!(end, Ok(StreamEnd::Stopped));
            assert!(seen.iter().copied().eq(0..begun.into_inner()), "{seen:?}");
        }
    }

    #[test]
    fn a_panic_of_the_work_reaches_the_caller_and_nothing_hangs() {
        for threads in [1, 4] {
            let panic = std::panic::catch_unwind(|| {
                run(
                    200,
                    jobs(threads),
                    &GO_ON,
                    no_worker,
                    |(), item| assert!(item != 50, "a defect"),
                    |_, ()| Ok::<_, Infallible>(()),
                )
            });
            assert!(panic.is_err());
        }
    }

    #[test]
    fn a_panic_of_the_consumer_reaches_the_caller_and_nothing_hangs() {
        let panic = std::panic::catch_unwind(|| {
            run(
                200,
                jobs(4),
                &GO_ON,
                no_worker,
                |(), _| (),
                |item, ()| {
                    assert!(item != 50, "a defect");
                    Ok::<_, Infallible>(())
                },
            )
        });
        assert!(panic.is_err());
    }
}
