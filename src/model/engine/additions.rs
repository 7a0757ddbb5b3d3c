//! Whether this program's additions to the engine are used.

use std::sync::OnceLock;

use crate::model::ModelError;

/// The environment variable that says so: `added` (or unset or empty), or `plain` for tract as it is.
///
/// It is read once per process: the tiers of [`super::tiles`] are asked by tract, which hands
/// nothing through.
pub(crate) const VARIABLE: &str = "FMA_GENRE_ENGINE";

/// Whether they are. Of a value that [`check`] refuses: yes.
pub(super) fn are_used() -> bool {
    setting().as_deref() != Some("plain")
}

/// # Errors
/// The variable holds a word that means nothing.
pub(crate) fn check() -> Result<(), ModelError> {
    match setting().as_deref() {
        None | Some("" | "added" | "plain") => Ok(()),
        Some(other) => Err(ModelError::Engine {
            value: other.to_owned(),
        }),
    }
}

fn setting() -> &'static Option<String> {
    static SETTING: OnceLock<Option<String>> = OnceLock::new();
    SETTING.get_or_init(|| std::env::var_os(VARIABLE).map(|value| value.to_string_lossy().into()))
}
