//! File names that readers of the output may stumble over.

use fma_genre::payload::Payload;

/// Warns of every `file_id` that is not UTF-8: the CSV has its bytes as they
/// are, which many readers refuse.
pub(super) fn warn_of_odd_ones(payload: &Payload) {
    for file in payload.iter() {
        if std::str::from_utf8(file.id).is_err() {
            tracing::warn!(
                "{:?}: the name is not UTF-8; a CSV holds its bytes as they are, which many \
                 readers refuse, other formats hold them escaped",
                file.path
            );
        }
    }
}
