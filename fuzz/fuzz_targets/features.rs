//! Whatever the bytes, of whatever format: from a file to the numbers that the head is given, all of them finite, or an
//! error. With a network so small (`fuzz/tiny`) that the time goes into everything else.
//!
//! `cargo +nightly fuzz run features -- -max_len=65536`, after `fuzz/seed.sh`.

#![no_main]

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use fma_genre::Deadline;
use fma_genre::audio::{ClipSource, Formats};
use fma_genre::model::{Model, Prior};
use fma_genre::pipeline::{Classifier, Limits, Question};
use libfuzzer_sys::fuzz_target;

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tiny");
        Model::from_dir(&folder).expect("fuzz/tiny is a model")
    })
}

fuzz_target!(
    init: fma_genre::panics::silence_contained(),
    |bytes: &[u8]| {
        let question = Question {
            model: model(),
            prior: Prior::fma(),
            formats: Formats::Any,
            limits: Limits::from(Deadline::NEVER),
            timeline: Some(Duration::from_secs(1)),
            read_tags: false,
            embedding: true,
        };
        let mut classifier = Classifier::new(&question).expect("the model can run");
        if let Ok(analysis) = classifier.features(ClipSource::Bytes(bytes)) {
            assert!(analysis.audio.seconds.is_finite());
            for patch in &analysis.features.patches {
                let numbers = format!("{patch:?}");
                assert!(!numbers.contains("NaN") && !numbers.contains("inf"), "{numbers}");
            }
        }
    }
);
