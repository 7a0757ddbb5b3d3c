//! The same answers whatever the engine computes with: this program's additions to it or none, and
//! the vectors of several processors.

mod common;

use common::{Bench, Finished, assert_close};

/// How far a probability may be from that of this machine as it is.
const TOLERANCE: f64 = 1e-4;

/// What each name stands for: a variable and its value.
const ENGINES: [(&str, &str, &str); 4] = [
    ("without additions", "FMA_GENRE_ENGINE", "plain"),
    (
        "as on a processor with AVX2",
        "TRACT_CPU_ISA",
        "-avx512f,-avx512vnni",
    ),
    (
        "as on a processor with AVX",
        "TRACT_CPU_ISA",
        "-avx512f,-avx512vnni,-avx2,-fma,-f16c,-avxvnni",
    ),
    (
        "as on a processor with neither",
        "TRACT_CPU_ISA",
        "-avx512f,-avx512vnni,-avx2,-fma,-f16c,-avxvnni,-avx",
    ),
];

#[test]
fn the_default_model_says_the_same_in_every_engine() {
    assert_same_answers("compact");
}

#[test]
fn the_full_model_says_the_same_in_every_engine() {
    assert_same_answers("full");
}

#[track_caller]
fn assert_same_answers(model: &str) {
    let bench = Bench::new();
    bench.put_examples();
    let answers = |variable: &str, value: &str| {
        let output = bench
            .command()
            .args(["predict", "payload", "-o", "out.csv", "--model", model])
            .env(variable, value)
            .output()
            .unwrap();
        Finished::from(output).expect_code(0);
        bench.rows()
    };
    let expected = answers("FMA_GENRE_ENGINE", "added");
    let mut any_differs = false;
    for (engine, variable, value) in ENGINES {
        let actual = answers(variable, value);
        any_differs |= actual != expected;
        for ((id, actual), (_, expected)) in actual.iter().zip(&expected) {
            for (actual, expected) in actual.iter().zip(expected) {
                let what = format!("{model} {engine}: {:?}", String::from_utf8_lossy(id));
                assert_close(*actual, *expected, TOLERANCE, &what);
            }
        }
    }
    // Sums in another order end in other digits: so the variables did something.
    let other = cfg!(not(target_arch = "x86_64"));
    assert!(any_differs || other, "no variable had any effect");
}

#[test]
fn a_word_that_names_no_engine_is_refused() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    let output = bench
        .command()
        .args(["predict", "payload", "-o", "out.csv"])
        .env("FMA_GENRE_ENGINE", "fast")
        .output()
        .unwrap();
    Finished::from(output)
        .expect_code(1)
        .expect_stderr(r#"FMA_GENRE_ENGINE is "fast", must be "added" or "plain""#);
}
