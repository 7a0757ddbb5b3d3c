//! Silence around music and within it has no vote.

mod common;

use std::collections::BTreeMap;

use common::mp3;
use common::{Bench, files_in, repository};

/// Where silence is put, as a share of the music, and how long it is, in seconds. The
/// examples last 10 to 15 s.
const SILENCES: [(&str, &[(f64, f64)]); 10] = [
    ("3 s before", &[(0.0, 3.0)]),
    ("30 s before", &[(0.0, 30.0)]),
    ("1 s after", &[(1.0, 1.0)]),
    ("4 s after", &[(1.0, 4.0)]),
    ("16 s after", &[(1.0, 16.0)]),
    ("40 s after", &[(1.0, 40.0)]),
    ("2 s within", &[(0.5, 2.0)]),
    ("20 s within", &[(0.3, 20.0)]),
    ("three rests", &[(0.25, 1.0), (0.5, 3.0), (0.75, 0.7)]),
    ("everywhere", &[(0.0, 5.0), (0.5, 10.0), (1.0, 7.0)]),
];

/// Total variation between a clip with silence and the same without, at most in nine of
/// ten cases.
const MOST: f64 = 0.10;

/// The same for the median of all cases.
const MEDIAN: f64 = 0.05;

/// The same for the worst case. It is more than [`MOST`] because patches lie elsewhere by
/// some hundredths of a second where silence was cut out. The examples that move most do
/// so without any silence: 2 to 16 frames taken off an end move "palace" by up to 0.26 and
/// "battle-epic" by up to 0.15.
const WORST: f64 = 0.25;

/// Half the sum of the absolute differences.
fn total_variation(p: &[f64], q: &[f64]) -> f64 {
    let differences = p.iter().zip(q).map(|(p, q)| (p - q).abs());
    differences.sum::<f64>() / 2.0
}

/// Puts silence into a stream, as an encoder would have written it.
fn with_silences(music: &[Vec<u8>], silences: &[(f64, f64)]) -> Vec<u8> {
    let mut frames = Vec::new();
    let mut done = 0;
    for (share, seconds) in silences {
        let at = (music.len() as f64 * share) as usize;
        frames.extend_from_slice(&music[done..at]);
        frames.extend(mp3::silence(&music[0], &music[..at], *seconds));
        done = at;
    }
    frames.extend_from_slice(&music[done..]);
    frames.concat()
}

/// The rows of one run by id.
fn rows(bench: &Bench, model: &str) -> BTreeMap<String, Vec<f64>> {
    let run = bench.predict(["--model", model]).expect_code(0);
    assert!(run.stderr.contains(" 0 fallback"), "{}", run.stderr);
    let rows = bench.rows().into_iter();
    rows.map(|(id, row)| (String::from_utf8(id).unwrap(), row))
        .collect()
}

fn silence_does_not_vote(model: &str) {
    let bench = Bench::new();
    let mut cases = Vec::new();
    for path in files_in(&repository("examples"), "mp3") {
        let clip = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let music = mp3::frames_that_decode(&path);
        bench.put(format!("{clip}.mp3"), &music.concat());
        for (what, silences) in SILENCES {
            let id = format!("{clip}, {what}");
            bench.put(format!("{id}.mp3"), &with_silences(&music, silences));
            cases.push((clip.clone(), id));
        }
    }
    let rows = rows(&bench, model);
    let mut found: Vec<(f64, &str)> = cases
        .iter()
        .map(|(clip, id)| (total_variation(&rows[clip], &rows[id]), id.as_str()))
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |share: usize| found[(found.len() - 1) * share / 100];
    for (share, limit) in [(50, MEDIAN), (90, MOST), (100, WORST)] {
        let (moved, id) = at(share);
        println!("{model}: {share} % move by at most {moved:.3}");
        assert!(
            moved <= limit,
            "{model}, {share} %: {id} moves by {moved:.3}"
        );
    }
}

#[test]
fn silence_does_not_vote_in_the_compact_model() {
    silence_does_not_vote("compact");
}

#[test]
fn silence_does_not_vote_in_the_full_model() {
    silence_does_not_vote("full");
}
