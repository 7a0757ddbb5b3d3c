//! One network on a clip: which patches and windows it looks at, and what that
//! says of each patch.

use std::iter;

use ndarray::Array3;

use super::ModelError;
use super::manifest::Network;
use super::network::Session;
use crate::evenly::spread_indices;

/// What a network says of each patch: its outputs one after the other, the mean
/// over the patch's windows. Patches that it does not look at get the mean of the
/// others. `log_mel` is (patches x windows) x frames x mel bands.
pub(super) fn per_patch(
    network: &Network,
    session: &mut Session,
    log_mel: &Array3<f32>,
) -> Result<Vec<Vec<f32>>, ModelError> {
    let windows = network.windows;
    let count = log_mel.dim().0 / windows;
    let chosen: Vec<usize> = spread_indices(count, network.patches).collect();
    let looked_at: Vec<usize> = chosen
        .iter()
        .flat_map(|patch| patch * windows..(patch + 1) * windows)
        .collect();
    let mut patches = vec![vec![]; count];
    for output in run(session, network.batch, log_mel, &looked_at)? {
        let mut values = vec![mean_of_rows(&output, looked_at.len()); count];
        let rows_of_patches = output.chunks(output.len() / chosen.len());
        for (patch, rows) in chosen.iter().zip(rows_of_patches) {
            values[*patch] = mean_of_rows(rows, windows);
        }
        for (patch, values) in patches.iter_mut().zip(values) {
            patch.extend(values);
        }
    }
    Ok(patches)
}

/// Runs a network on some of the windows, `batch` at a time; the last batch is filled
/// with copies of the last window. Returns the rows of each output, window by
/// window.
fn run(
    session: &mut Session,
    batch: usize,
    log_mel: &Array3<f32>,
    windows: &[usize],
) -> Result<Vec<Vec<f32>>, ModelError> {
    let (_, frames, bands) = log_mel.dim();
    let log_mel = log_mel.as_standard_layout();
    let values = log_mel.as_slice().expect("this is the standard layout");
    let mut outputs: Vec<Vec<f32>> = vec![];
    for taken in windows.chunks(batch) {
        let filled = taken.iter().chain(iter::repeat(&taken[taken.len() - 1]));
        let values_of = |window: &usize| &values[window * frames * bands..][..frames * bands];
        let results = session.run(filled.take(batch).map(values_of))?;
        outputs.resize_with(results.len(), Vec::new);
        for (output, result) in outputs.iter_mut().zip(&results) {
            output.extend_from_slice(&result[..result.len() / batch * taken.len()]);
        }
    }
    Ok(outputs)
}

/// The mean of `values`' rows, of which there are `rows`, column by column.
fn mean_of_rows(values: &[f32], rows: usize) -> Vec<f32> {
    let columns = values.len() / rows;
    (0..columns)
        .map(|column| {
            let column = values[column..].iter().step_by(columns);
            column.sum::<f32>() / rows as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_rows_is_per_column() {
        let values = [1.0, 10.0, 2.0, 20.0, 6.0, 60.0];
        assert_eq!(mean_of_rows(&values, 3), [3.0, 30.0]);
        assert_eq!(mean_of_rows(&values, 1), values);
    }
}
