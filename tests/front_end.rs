//! The log-mel spectrograms against librosa and TensorFlow.

mod common;

use common::{assert_all_close, files_in, repository};
use fma_genre::spectrogram::{
    MelFilterbank, MusicnnLogMel, N_BINS, RECORDING_FEATURES, RecordingMeter, YamnetLogMel,
    musicnn, yamnet,
};
use ndarray::{Array1, Array2, Array3, Axis};

/// The matrix of a filter bank, bands x bins, row by row: its answers to spectra of one bin alone.
fn matrix(bank: &MelFilterbank, bands: usize) -> Vec<f32> {
    let mut rows = vec![0.0; bands * N_BINS];
    let mut answer = vec![0.0; bands];
    for bin in 0..N_BINS {
        let mut spectrum = [0.0; N_BINS];
        spectrum[bin] = 1.0;
        bank.apply(&spectrum, &mut answer);
        for (band, weight) in answer.iter().enumerate() {
            rows[band * N_BINS + bin] = *weight;
        }
    }
    rows
}

/// What the networks must not notice: log-mel values range from 0 to about 7,
/// YAMNet's from -7 to 4.
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
        let actual = MusicnnLogMel::default().spectrogram(samples.as_slice().unwrap());
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
    assert_eq!(expected.dim(), (musicnn::N_MELS, N_BINS));
    let actual = matrix(&MelFilterbank::slaney(musicnn::N_MELS), musicnn::N_MELS);
    assert_all_close(&actual, expected.as_slice().unwrap(), 1e-8, "mel filters");
}

#[test]
fn log_mel_of_yamnet_is_tensorflows() {
    for name in ["electronic", "metal", "minstrels"] {
        let samples = read_samples(&format!("{name}.samples.npy"));
        assert_yamnet_log_mel(name, &samples, 20_000);
    }
    assert_yamnet_log_mel("noise", &read_samples("yamnet/noise.samples.npy"), 0);
    assert_yamnet_log_mel("silence", &[0.0; yamnet::SAMPLES], 0);
}

fn read_samples(file: &str) -> Vec<f32> {
    let path = repository("tests/goldens/logmel").join(file);
    let samples: Array1<f32> = ndarray_npy::read_npy(path).unwrap();
    samples.to_vec()
}

#[track_caller]
fn assert_yamnet_log_mel(name: &str, samples: &[f32], start: usize) {
    let path = repository(&format!("tests/goldens/logmel/yamnet/{name}.logmel.npy"));
    let expected: Array2<f32> = ndarray_npy::read_npy(path).unwrap();
    assert_eq!(expected.dim(), (yamnet::FRAMES, yamnet::N_MELS), "{name}");
    let mut actual = Array2::zeros(expected.dim());
    YamnetLogMel::default().window(samples, start, actual.view_mut());
    assert_all_close(
        actual.as_slice().unwrap(),
        expected.as_slice().unwrap(),
        TOLERANCE,
        name,
    );
}

#[test]
fn filters_of_yamnet_are_tensorflows() {
    let path = repository("tests/goldens/logmel/yamnet/mel-filters.npy");
    let expected: Array2<f32> = ndarray_npy::read_npy(path).unwrap();
    assert_eq!(expected.dim(), (yamnet::N_MELS, N_BINS));
    let filterbank = MelFilterbank::htk(yamnet::N_MELS, yamnet::MIN_HZ, yamnet::MAX_HZ);
    let actual = matrix(&filterbank, yamnet::N_MELS);
    assert_all_close(&actual, expected.as_slice().unwrap(), 1e-6, "mel filters");
}

#[test]
fn any_part_of_a_spectrogram_equals_that_part_of_the_whole() {
    let path = repository("tests/goldens/logmel/metal.samples.npy");
    let samples: Array1<f32> = ndarray_npy::read_npy(path).unwrap();
    let samples = samples.as_slice().unwrap();
    let whole = MusicnnLogMel::default().spectrogram(samples);
    let mut part = Array2::zeros((187, musicnn::N_MELS));
    MusicnnLogMel::default().frames(samples, whole.nrows() - 187, part.view_mut());
    let expected = whole.slice(ndarray::s![whole.nrows() - 187.., ..]);
    assert_eq!(part, expected);
}

/// In dB, kHz and binary logarithms: less than a head notices.
const RECORDING_TOLERANCE: f64 = 0.02;

#[test]
fn features_of_the_recording_are_those_of_numpy() {
    let folder = repository("tests/goldens/recording");
    let mut rows = csv::Reader::from_path(folder.join("expected.csv")).unwrap();
    assert_eq!(
        rows.headers().unwrap().iter().skip(1).collect::<Vec<_>>(),
        RECORDING_FEATURES
    );
    let mut compared = 0;
    for row in rows.records().map(Result::unwrap) {
        let name = &row[0];
        let file = match name {
            "old-disc" => folder.join("old-disc.samples.npy"),
            _ => repository("tests/goldens/logmel").join(format!("{name}.samples.npy")),
        };
        let samples: Array1<f32> = ndarray_npy::read_npy(file).unwrap();
        let log_mel = MusicnnLogMel::default().spectrogram(samples.as_slice().unwrap());
        let found = RecordingMeter::default().measure(log_mel.view().insert_axis(Axis(0)));
        let expected: Vec<f32> = row.iter().skip(1).map(|v| v.parse().unwrap()).collect();
        assert_all_close(&found.values(), &expected, RECORDING_TOLERANCE, name);
        compared += 1;
    }
    assert_eq!(compared, 6);
}

#[test]
fn features_of_the_recording_are_finite_where_there_is_nothing() {
    for frames in [1, 4, 124] {
        for value in [0.0, f32::MIN_POSITIVE, 9.0] {
            let log_mel = Array3::from_elem((2, frames, musicnn::N_MELS), value);
            let found = RecordingMeter::default().measure(log_mel.view()).values();
            assert!(found.iter().all(|value| value.is_finite()), "{found:?}");
        }
    }
}
