//! From mp3 to 16 probabilities: the program beside an independent pipeline in Python
//! (tests/goldens/end_to_end/generate.py).

mod common;

use std::collections::BTreeMap;

use common::{Bench, files_in, read_predictions, repository};

/// Clip -> 16 probabilities.
type Answers = BTreeMap<String, Vec<f64>>;

/// How far a clip's answer may be from the golden, in total variation: another decoder,
/// resampler, spectrogram and engine made 0.016 of one clip, 0.004 of the nine others.
const TOLERANCE: f64 = 0.02;

#[test]
fn the_default_model_answers_what_the_python_pipeline_answers() {
    assert_matches_goldens("compact");
}

#[test]
fn the_full_model_answers_what_the_python_pipeline_answers() {
    assert_matches_goldens("full");
}

/// What makes the two tests above fail.
#[test]
fn programs_with_a_defect_miss_the_goldens_by_far() {
    for (model, defects) in [("compact", 7), ("full", 6)] {
        let goldens = goldens(model);
        let wrong = wrong_answers(model);
        assert_eq!(wrong.len(), defects, "{model}");
        for (defect, answers) in wrong {
            let distances = distances(&answers, &goldens);
            let largest = distances.values().copied().fold(0.0, f64::max);
            assert!(
                largest > 3.0 * TOLERANCE,
                "{model}, {defect}: only {largest} away"
            );
        }
    }
}

#[track_caller]
fn assert_matches_goldens(model: &str) {
    let bench = Bench::new();
    for clip in files_in(&repository("examples"), "mp3") {
        bench.put(clip.file_name().unwrap(), &std::fs::read(&clip).unwrap());
    }
    bench
        .predict(["--model", model, "--prior", "uniform"])
        .expect_code(0)
        .expect_stderr("10 classified, 0 fallback");
    for (clip, distance) in distances(&answers(&bench.output()), &goldens(model)) {
        assert!(
            distance <= TOLERANCE,
            "{model}, {clip}: {distance} from the golden"
        );
    }
}

/// By clip, half the sum of the absolute differences: the total variation.
#[track_caller]
fn distances(answers: &Answers, goldens: &Answers) -> BTreeMap<String, f64> {
    assert_eq!(goldens.len(), 10);
    assert!(answers.keys().eq(goldens.keys()), "other clips");
    let distance = |(clip, answer): (&String, &Vec<f64>)| {
        let differences = answer
            .iter()
            .zip(&goldens[clip])
            .map(|(a, b)| (a - b).abs());
        (clip.clone(), 0.5 * differences.sum::<f64>())
    };
    answers.iter().map(distance).collect()
}

fn answers(path: &std::path::Path) -> Answers {
    let text = |id: Vec<u8>| String::from_utf8(id).unwrap();
    let rows = read_predictions(path).into_iter();
    rows.map(|(id, answer)| (text(id), answer)).collect()
}

fn goldens(model: &str) -> Answers {
    answers(&repository(&format!(
        "tests/goldens/end_to_end/{model}.csv"
    )))
}

/// Defect -> what a program that has it would answer.
fn wrong_answers(model: &str) -> BTreeMap<String, Answers> {
    let path = repository(&format!("tests/goldens/end_to_end/{model}.wrong.csv"));
    let mut wrong: BTreeMap<String, Answers> = BTreeMap::new();
    for record in csv::Reader::from_path(path).unwrap().records() {
        let record = record.unwrap();
        let answer = record.iter().skip(2).map(|field| field.parse().unwrap());
        let answers = wrong.entry(record[0].to_owned()).or_default();
        answers.insert(record[1].to_owned(), answer.collect());
    }
    wrong
}
