//! Containing panics of code that is fed with hostile bytes.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` and returns `None` if it panics, without a word on stderr.
///
/// State that `work` changed may be half changed after a panic: the caller
/// throws it away. Panics outside such a call are reported as always.
pub fn contain_panic<T>(work: impl FnOnce() -> T) -> Option<T> {
    static QUIET_HOOK: Once = Once::new();
    QUIET_HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !CONTAINED.get() {
                previous(info);
            }
        }));
    });
    let outer = CONTAINED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(outer);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_none_and_the_next_call_works() {
        let nothing: [u8; 0] = [];
        let index = std::hint::black_box(3);
        assert_eq!(contain_panic(|| nothing[index]), None);
        assert_eq!(contain_panic(|| 7), Some(7));
    }
}
