//! Whether there is a standard output.

#[cfg(unix)]
use std::os::fd::AsFd;
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};

/// Set before `main` runs and never again.
#[cfg(unix)]
static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Looks at standard output before Rust's runtime does: that puts /dev/null in
/// its place if it is closed, and whatever is written is lost without an error.
///
/// What runs before `main` may not rely on much of the standard library. Of it,
/// this needs the stream's number, one system call and an atomic.
#[cfg(unix)]
#[ctor::ctor(unsafe)]
fn look_before_the_runtime() {
    const EBADF: i32 = 9;
    let copied = std::io::stdout().as_fd().try_clone_to_owned();
    let is_closed = copied.is_err_and(|error| error.raw_os_error() == Some(EBADF));
    WAS_CLOSED.store(is_closed, Ordering::Relaxed);
}

/// Whether the program was started without a standard output.
#[cfg(unix)]
pub(super) fn was_closed() -> bool {
    WAS_CLOSED.load(Ordering::Relaxed)
}

/// Other systems give an error when it is written to.
#[cfg(not(unix))]
pub(super) fn was_closed() -> bool {
    false
}
