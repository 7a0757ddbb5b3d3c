//! Sounds that are no music get the prior and a word; channels that cancel are heard.

mod common;

use std::fs;

use common::{Bench, assert_close, mp3, repository};

/// The folder's sounds in a payload.
fn bench_with(names: &[&str]) -> Bench {
    let bench = Bench::new();
    let folder = repository("tests/data/sounds");
    for name in names {
        let file = format!("{name}.mp3");
        bench.put(&file, &fs::read(folder.join(&file)).unwrap());
    }
    bench
}

#[test]
fn what_a_network_cannot_see_gets_the_prior_and_a_word() {
    let steady = |seconds: &str| {
        format!("holds nothing but a steady sound (noise, hum or a tone) over {seconds} s")
    };
    let hardly = |heard: &str| {
        format!("is silent but for {heard} s of 3.0 s (at least 0.5 s of sound are needed)")
    };
    let expected = [
        ("noise", steady("3.0")),
        ("faint-noise", steady("3.0")),
        ("hum", steady("8.0")),
        ("click", hardly("0.03")),
        ("above-8-khz", hardly("0.04")),
    ];
    let bench = bench_with(&["noise", "faint-noise", "hum", "click", "above-8-khz"]);
    bench.put("empty.mp3", b"");
    for model in ["compact", "full"] {
        let run = bench.predict(["--model", model]).expect_code(0);
        for (name, words) in &expected {
            let line = format!("{name}.mp3\" {words}\n");
            assert!(
                run.stderr.contains(&line),
                "{model}, {name}: {}",
                run.stderr
            );
        }
        let rows = bench.rows();
        let (_, prior) = rows.iter().find(|(id, _)| id == b"empty").unwrap();
        assert!(
            rows.iter().all(|(_, row)| row == prior),
            "{model}: {rows:?}"
        );
    }
}

#[test]
fn a_hum_is_no_music_however_long_it_is() {
    let frames = mp3::frames(&repository("tests/data/sounds/hum.mp3"));
    let bench = Bench::new();
    // A clip shorter than a patch is repeated, and a hum then clicks where it begins anew.
    for count in [80, 110, 120, 160, 200, 300] {
        let name = format!("{count} frames.mp3");
        bench.put(name, &frames[1..=count].concat());
    }
    for model in ["compact", "full"] {
        let run = bench.predict(["--model", model]).expect_code(0);
        assert!(run.stderr.contains(" 0 classified"), "{}", run.stderr);
    }
}

#[test]
fn channels_that_cancel_are_not_mixed() {
    let bench = bench_with(&["stereo-alike", "stereo-cancelling", "stereo-right-louder"]);
    let run = bench.predict([]).expect_code(0);
    for (name, side) in [
        ("stereo-cancelling", "left"),
        ("stereo-right-louder", "right"),
    ] {
        let expected =
            format!("{name}.mp3\": its channels cancel each other: the {side} one was analysed\n");
        assert!(run.stderr.contains(&expected), "{}", run.stderr);
    }
    assert!(!run.stderr.contains("stereo-alike"), "{}", run.stderr);
    let rows = bench.rows();
    let (_, alike) = &rows[0];
    for (id, row) in &rows[1..] {
        let name = String::from_utf8_lossy(id);
        for (p, q) in row.iter().zip(alike) {
            assert_close(*p, *q, 0.02, &name);
        }
    }
}

#[test]
fn a_dead_channel_is_no_cancellation() {
    let bench = bench_with(&["stereo-dead-channel"]);
    let run = bench.predict([]).expect_code(0);
    assert!(!run.stderr.contains("WARN"), "{}", run.stderr);
    assert!(
        run.stderr.contains("1 classified, 0 fallback"),
        "{}",
        run.stderr
    );
}
