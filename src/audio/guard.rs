//! Containing panics of code that is fed with hostile bytes.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// While a call is contained: the message of its panic, empty before any.
    static MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work`; if it panics, returns the panic's message and place, without a
/// word on stderr.
///
/// State that `work` changed may be half changed after a panic: the caller
/// throws it away. Panics outside such a call are reported as always.
///
/// # Errors
/// The message of the panic.
pub fn contain_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static QUIET_HOOK: Once = Once::new();
    QUIET_HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let contained = MESSAGE
                .with_borrow_mut(|message| message.as_mut().map(|text| *text = info.to_string()));
            if contained.is_none() {
                previous(info);
            }
        }));
    });
    let outer = MESSAGE.replace(Some(String::new()));
    let result = catch_unwind(AssertUnwindSafe(work));
    let message = MESSAGE.replace(outer);
    result.map_err(|_| message.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message_and_the_next_call_works() {
        let nothing: [u8; 0] = [];
        let index = std::hint::black_box(3);
        let message = contain_panic(|| nothing[index]).unwrap_err();
        assert!(message.contains("index out of bounds"), "{message}");
        assert_eq!(contain_panic(|| 7), Ok(7));
    }
}
