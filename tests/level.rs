//! Quiet copies of a clip are classified as the clip is.

mod common;

use common::mp3;
use common::{Bench, files_in, repository};

/// Steps of 1.505 dB by which the copies are quieter: 10.5, 19.6, 40.6 and 60.2 dB.
const STEPS: [u8; 4] = [7, 13, 27, 40];

/// Half the sum of the absolute differences.
fn total_variation(p: &[f64], q: &[f64]) -> f64 {
    let differences = p.iter().zip(q).map(|(p, q)| (p - q).abs());
    differences.sum::<f64>() / 2.0
}

fn top(row: &[f64]) -> usize {
    (0..row.len())
        .max_by(|a, b| row[*a].total_cmp(&row[*b]))
        .unwrap()
}

/// How one quieter step of all examples fares.
struct Fared {
    steps: u8,
    /// Examples that keep their top genre.
    kept: usize,
    /// Total variation against the examples themselves, ascending.
    moved: Vec<f64>,
}

/// Classifies the examples and their quiet copies.
fn quiet_copies(bench: &Bench, model: &str) -> Vec<Fared> {
    let mut clips = Vec::new();
    for path in files_in(&repository("examples"), "mp3") {
        let clip = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let frames = mp3::frames(&path);
        for steps in [0].into_iter().chain(STEPS) {
            let mut copy = frames.clone();
            for frame in &mut copy {
                mp3::make_quieter(frame, steps);
            }
            bench.put(format!("{clip} {steps}.mp3"), &copy.concat());
        }
        clips.push(clip);
    }
    bench
        .predict(["--model", model])
        .expect_code(0)
        .expect_stderr(" 0 fallback");
    let rows = bench.rows();
    let row = |clip: &str, steps: u8| {
        let id = format!("{clip} {steps}").into_bytes();
        &rows.iter().find(|(found, _)| *found == id).unwrap().1
    };
    let fared = |steps: u8| {
        let pairs = clips.iter().map(|clip| (row(clip, 0), row(clip, steps)));
        let mut moved: Vec<f64> = pairs.clone().map(|(p, q)| total_variation(p, q)).collect();
        moved.sort_by(f64::total_cmp);
        let kept = pairs.filter(|(p, q)| top(p) == top(q)).count();
        Fared { steps, kept, moved }
    };
    STEPS.map(fared).into()
}

/// Asserts that nine of ten examples keep their top genre and none moves by more than
/// 0.10, if it is 10, 20, 40 or 60 dB quieter.
fn assert_level_does_not_vote(bench: &Bench, model: &str) {
    for Fared { steps, kept, moved } in quiet_copies(bench, model) {
        let what = format!("{model}, {:.1} dB quieter", 1.505 * f64::from(steps));
        println!("{what}: {kept} of {} kept, moved {moved:.3?}", moved.len());
        assert!(kept >= 9, "{what}: {kept} kept");
        let most = moved[moved.len() - 1];
        assert!(most <= 0.10, "{what}: {most:.3}");
    }
}

#[test]
fn a_quiet_copy_keeps_its_genre_in_the_compact_model() {
    let bench = Bench::new();
    assert_level_does_not_vote(&bench, "compact");
}

#[test]
fn a_quiet_copy_keeps_its_genre_in_the_full_model() {
    let bench = Bench::new();
    assert_level_does_not_vote(&bench, "full");
}

#[test]
fn a_clip_that_is_raised_by_much_is_remarked_on() {
    let bench = Bench::new();
    let mut frames = mp3::frames(&common::example_clip());
    for frame in &mut frames {
        mp3::make_quieter(frame, 27);
    }
    bench.put("quiet.mp3", &frames.concat());
    bench
        .predict([])
        .expect_code(0)
        .expect_stderr("quiet.mp3\": it is very quiet: raised by ");
}
