//! The log-mel spectrogram against librosa.

mod common;

use common::{assert_all_close, files_in, repository};
use fma_genre::spectrogram::{LogMel, MelFilterbank, N_BINS, N_MELS};
use ndarray::{Array1, Array2};

/// What the networks must not notice: log-mel values range from 0 to about 7.
const TOLERANCE: f64 = 1e-3;

#[test]
fn log_mel_is_librosas_on_music_and_on_odd_signals() {
    let folder = repository("tests/goldens/logmel");
    let mut compared = 0;
    for path in files_in(&folder, "npy") {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(stem) = name.strip_suffix(".samples.npy") else {
            continue;
        };
        let samples: Array1<f32> = ndarray_npy::read_npy(&path).unwrap();
        let expected: Array2<f32> =
            ndarray_npy::read_npy(folder.join(format!("{stem}.logmel.npy"))).unwrap();
        let actual = LogMel::default().spectrogram(samples.as_slice().unwrap());
        assert_eq!(actual.dim(), expected.dim(), "{stem}");
        assert_all_close(
            actual.as_slice().unwrap(),
            expected.as_slice().unwrap(),
            TOLERANCE,
            stem,
        );
        compared += 1;
    }
    assert!(compared >= 7, "only {compared} goldens in {folder:?}");
}

#[test]
fn filters_are_librosas() {
    let path = repository("tests/goldens/logmel/mel-filters.npy");
    let expected: Array2<f32> = ndarray_npy::read_npy(path).unwrap();
    assert_eq!(expected.dim(), (N_MELS, N_BINS));
    let actual = MelFilterbank::default().to_rows().concat();
    assert_all_close(&actual, expected.as_slice().unwrap(), 1e-8, "mel filters");
}

#[test]
fn any_part_of_a_spectrogram_equals_that_part_of_the_whole() {
    let path = repository("tests/goldens/logmel/metal.samples.npy");
    let samples: Array1<f32> = ndarray_npy::read_npy(path).unwrap();
    let samples = samples.as_slice().unwrap();
    let whole = LogMel::default().spectrogram(samples);
    let mut part = Array2::zeros((187, N_MELS));
    LogMel::default().frames(samples, whole.nrows() - 187, part.view_mut());
    let expected = whole.slice(ndarray::s![whole.nrows() - 187.., ..]);
    assert_eq!(part, expected);
}
