//! Containing panics of code that is fed with hostile bytes.
//!
//! A library has no say in what a process prints when it panics: [`contain`] alone leaves that as it is, and the
//! standard hook prints a contained panic like any other. A program that embeds this library and does not want
//! that calls [`silence_contained`] once, as `fma-genre` and its Python package do.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// While a call is contained: the message of its panic as the hook saw it, empty before any.
    static MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work`; if it panics, returns the panic's message, with its place if
/// [`silence_contained`] was called.
///
/// State that `work` changed may be half changed after a panic: the caller
/// throws it away.
///
/// # Errors
/// The message of the panic.
pub fn contain<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let outer = MESSAGE.replace(Some(String::new()));
    let result = catch_unwind(AssertUnwindSafe(work));
    let seen = MESSAGE.replace(outer).unwrap_or_default();
    result.map_err(|payload| {
        if seen.is_empty() {
            text(&*payload)
        } else {
            seen
        }
    })
}

/// From now on this process prints nothing of panics that [`contain`] catches. All others are
/// reported by the hook that was there before.
pub fn silence_contained() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let contained = MESSAGE
                .with_borrow_mut(|message| message.as_mut().map(|text| *text = info.to_string()));
            if contained.is_none() {
                previous(info);
            }
        }));
    });
}

fn text(payload: &(dyn Any + Send)) -> String {
    let literal = payload.downcast_ref::<&str>().copied();
    let formatted = payload.downcast_ref::<String>().map(String::as_str);
    literal
        .or(formatted)
        .unwrap_or("a panic without a message")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message_and_the_next_call_works() {
        let nothing: [u8; 0] = [];
        let index = std::hint::black_box(3);
        for _ in 0..2 {
            let message = contain(|| nothing[index]).unwrap_err();
            assert!(message.contains("index out of bounds"), "{message}");
            assert_eq!(contain(|| 7), Ok(7));
            silence_contained();
        }
        assert!(
            contain(|| nothing[index])
                .unwrap_err()
                .contains("panics.rs:")
        );
    }
}
