//! What each stage costs for one clip: `cargo bench --bench stages`.
//!
//! The clip is the mp3 that `FMA_GENRE_BENCH_CLIP` names or, without it, an
//! example of this repository: 30 s at 44.1 kHz, stereo, 112 kbit/s. The time
//! of decoding depends on the bit rate, so `benches/stages.py`, which makes the
//! documented figures, passes a clip at 256 kbit/s.
//!
//! All are per clip. What is constant between clips (plans, buffers) is made
//! outside the measured closures, as in the program.

use std::hint::black_box;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use divan::Bencher;
use fma_genre::Deadline;
use fma_genre::audio::{AudioLoader, ClipSource, Formats, PcmBlock, PcmSink, decode_mpeg};
use fma_genre::model::Model;
use fma_genre::pipeline::{Analyzer, ClipInputs, PatchReader, cut_patches};
use ndarray::Array3;

const DEFAULT_CLIP: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/battle-epic-doug-kaufman.mp3"
);

fn main() {
    // Counts as a warm-up too: the clip is in the page cache afterwards.
    let seconds = with_samples(|samples| samples.len()) as f64 / 16_000.0;
    writeln!(std::io::stderr(), "clip of {seconds:.1} s").expect("stderr is open");
    divan::main();
}

fn clip() -> PathBuf {
    std::env::var_os("FMA_GENRE_BENCH_CLIP").map_or_else(|| DEFAULT_CLIP.into(), PathBuf::from)
}

/// Calls `action` with the clip's samples at 16 kHz.
fn with_samples<T>(action: impl FnOnce(&[f32]) -> T) -> T {
    let mut loader = AudioLoader::default();
    let audio = loader.load(&clip()).expect("the clip can be decoded");
    action(&audio.samples)
}

/// Keeps no sample.
struct Discard;

impl PcmSink for Discard {
    fn push(&mut self, block: PcmBlock<'_>) -> ControlFlow<()> {
        black_box(block.interleaved);
        ControlFlow::Continue(())
    }

    fn conceal(&mut self, _frames: usize, _sample_rate: u32) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn pass_over(&mut self, _frames: usize, _sample_rate: u32) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// mp3 bytes in memory to PCM.
#[divan::bench]
fn decode(bencher: Bencher) {
    let bytes = std::fs::read(clip()).expect("the clip can be read");
    bencher.bench_local(|| decode_mpeg(black_box(&bytes), &mut Discard));
}

/// File in the page cache to samples: `decode`, downmix, resampling, checks.
#[divan::bench]
fn load(bencher: Bencher) {
    let path = clip();
    let mut loader = AudioLoader::default();
    bencher.bench_local(|| {
        let audio = loader.load(black_box(&path));
        audio.expect("the clip can be decoded").samples.len()
    });
}

/// As `load`, but only what a model's patches are cut from, as the program does.
#[divan::bench(args = Model::bundled_names())]
fn load_parts(bencher: Bencher, name: &str) {
    let model = Model::bundled(name).expect("it is bundled");
    let path = clip();
    let mut reader = PatchReader::default();
    bencher.bench_local(|| {
        let read = reader.read(black_box(ClipSource::File(&path)), &model.manifest().patch);
        read.expect("the clip can be decoded")
    });
}

/// Samples to all spectrograms that a model's networks take of the clip's patches.
#[divan::bench(args = Model::bundled_names())]
fn log_mel(bencher: Bencher, name: &str) {
    let model = Model::bundled(name).expect("it is bundled");
    with_samples(|samples| {
        let patches = cut_patches(samples, &model.manifest().patch);
        let mut inputs = ClipInputs::new(&model);
        bencher.bench_local(|| inputs.compute(black_box(&patches)));
    });
}

/// ONNX files inside the program to a plan: a part of the start-up.
#[divan::bench(args = Model::bundled_names(), sample_count = 10)]
fn load_model(name: &str) -> Model {
    Model::bundled(name).expect("it is bundled")
}

/// All patches of a clip through the front networks of a model.
#[divan::bench(args = Model::bundled_names())]
fn network(bencher: Bencher, name: &str) {
    let model = Model::bundled(name).expect("it is bundled");
    let log_mels = spectrograms(&model);
    let mut session = model.session().expect("the engine can prepare it");
    bencher.bench_local(|| model.clip_features(&mut session, black_box(&log_mels)));
}

/// Pooling over a clip's patches and the head.
#[divan::bench(args = Model::bundled_names())]
fn head(bencher: Bencher, name: &str) {
    let model = Model::bundled(name).expect("it is bundled");
    let mut session = model.session().expect("the engine can prepare it");
    let features = model
        .clip_features(&mut session, &spectrograms(&model))
        .expect("the engine can run it");
    bencher.bench_local(|| model.logits(&mut session, black_box(&features)));
}

/// Everything for one clip, from its path to 16 logits.
#[divan::bench(args = Model::bundled_names(), sample_count = 20)]
fn clip_to_logits(bencher: Bencher, name: &str) {
    let model = Model::bundled(name).expect("it is bundled");
    let path = clip();
    let mut analyzer =
        Analyzer::new(&model, Formats::Mpeg, Deadline::NEVER).expect("the engine can prepare it");
    bencher.bench_local(|| {
        let analysis = analyzer
            .features(black_box(ClipSource::File(&path)))
            .expect("the clip can be analysed");
        analyzer.logits(&analysis.features)
    });
}

/// What a model's networks take of the clip.
fn spectrograms(model: &Model) -> Vec<Array3<f32>> {
    with_samples(|samples| {
        let mut inputs = ClipInputs::new(model);
        inputs.compute(&cut_patches(samples, &model.manifest().patch));
        inputs.log_mels().to_vec()
    })
}
