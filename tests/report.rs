//! `fma-genre report`: what the page is made from. What it does in a browser is tested in
//! `tests/browser`.

mod common;

use std::fs;

use common::Bench;

fn classified() -> Bench {
    let bench = Bench::new();
    bench.put_examples().put("broken.mp3", b"no music");
    bench
        .run(["classify", "payload", "-q", "-o", "r.jsonl"])
        .expect_code(0);
    bench
}

fn page(bench: &Bench) -> String {
    fs::read_to_string(bench.path("report.html")).unwrap()
}

/// The data that a page's script reads.
fn data(page: &str) -> serde_json::Value {
    let start = "<script type=\"application/json\" id=\"data\">";
    let json = page.split(start).nth(1).unwrap().split("</script>").next();
    serde_json::from_str(json.unwrap()).unwrap()
}

#[test]
fn a_page_is_the_same_from_results_and_from_files() {
    let bench = classified();
    let title = ["--title", "Mine", "-q", "-o"];
    bench
        .run([&["report", "r.jsonl"], &title[..], &["report.html"]].concat())
        .expect_code(0);
    bench
        .run([&["report", "payload"], &title[..], &["other.html"]].concat())
        .expect_code(0);
    let page = page(&bench);
    assert_eq!(page, fs::read_to_string(bench.path("other.html")).unwrap());
    assert!(page.starts_with("<!doctype html>\n<!-- fma-genre report -->\n"));
    assert!(page.contains("<h1><bdi>Mine</bdi></h1>"));
    assert!(page.contains("11 files, 2 min of audio. 1 could not be classified."));
    let data = data(&page);
    let files = data["files"].as_array().unwrap();
    assert_eq!(files.len(), 11);
    assert_eq!(files[0]["p"], "payload/armygeddon-muldjord.mp3");
    assert_eq!(files[0]["q"][13], 921);
    assert_eq!(files[2]["s"], 2);
}

#[test]
fn a_map_has_a_place_and_neighbours_for_every_usable_file() {
    let bench = classified();
    let run = |input: &str, output: &str| {
        bench
            .run(["report", input, "--map", "-q", "-o", output])
            .expect_code(0);
    };
    run("r.jsonl", "report.html");
    run("payload", "other.html");
    let page = page(&bench);
    let data = data(&page);
    for file in data["files"].as_array().unwrap() {
        let usable = file["s"] != 2;
        assert_eq!(file["m"].is_array(), usable, "{file}");
        assert_eq!(file["n"].is_array(), usable, "{file}");
    }
    let other = fs::read_to_string(bench.path("other.html")).unwrap();
    let files = |page: &str| self::data(page)["files"].clone();
    assert_eq!(files(&page), files(&other));
}

#[test]
fn labels_are_judged_as_score_judges_them() {
    let bench = classified();
    let labels = "file_id,genre\narmygeddon-muldjord,Rock\ncity-blues-robert-van-herk,Blues\n\
                  palace-will-savino,International\nnot-there,Jazz\n";
    fs::write(bench.path("labels.csv"), labels).unwrap();
    bench
        .run([
            "report",
            "r.jsonl",
            "--labels",
            "labels.csv",
            "-q",
            "-o",
            "report.html",
        ])
        .expect_code(0);
    bench.predict(["-q"]).expect_code(0);
    let score = [
        "score",
        "out.csv",
        "--labels",
        "labels.csv",
        "--partial",
        "--json",
    ];
    let score = bench.run(score).expect_code(0);
    let score: serde_json::Value = serde_json::from_slice(&score.stdout).unwrap();
    let page = page(&bench);
    for (name, key) in [
        ("Log loss", "log_loss"),
        ("Accuracy", "accuracy"),
        ("Macro F1", "macro_f1"),
    ] {
        let value = score[key]["value"].as_f64().unwrap();
        let shown = format!("<dt>{name}</dt><dd>{value:.3} ");
        assert!(page.contains(&shown), "no {shown:?}");
    }
    assert!(page.contains("3 files have a label; 9 files or labels have no counterpart"));
}

#[test]
fn a_thousand_files_are_less_than_a_megabyte() {
    let bench = classified();
    let results = fs::read_to_string(bench.path("r.jsonl")).unwrap();
    let lines: Vec<&str> = results.lines().collect();
    let many: String = (0..1000)
        .map(|number| {
            let name = format!(
                "payload/Some Artist/Some Album (2001)/{number:02} - A Song of Some Length - "
            );
            lines[number % lines.len()].replace("payload/", &name) + "\n"
        })
        .collect();
    fs::write(bench.path("many.jsonl"), many).unwrap();
    bench
        .run(["report", "many.jsonl", "-q", "-o", "report.html"])
        .expect_code(0);
    let bytes = page(&bench).len();
    assert!(bytes < 1_000_000, "{bytes} bytes");
}

#[test]
fn what_is_no_usable_results_is_named_and_nothing_is_written() {
    let bench = classified();
    let whole = fs::read_to_string(bench.path("r.jsonl")).unwrap();
    let other_version = whole.replacen("\"schema_version\":1", "\"schema_version\":2", 1);
    let two_priors = whole.replacen("\"prior\":\"fma\"", "\"prior\":\"uniform\"", 1);
    for (name, text) in [
        ("cut.jsonl", &whole[..whole.len() - 100]),
        ("version.jsonl", &other_version),
        ("two.jsonl", &two_priors),
        ("empty.jsonl", ""),
    ] {
        fs::write(bench.path(name), text).unwrap();
    }
    for (arguments, problem) in [
        (
            &["cut.jsonl", "-o", "x.html"][..],
            "line 11: the last line is cut off",
        ),
        (
            &["version.jsonl", "-o", "x.html"],
            "results of schema version 2; this program reads version 1",
        ),
        (
            &["two.jsonl", "-o", "x.html"],
            "are of several models or priors",
        ),
        (
            &["empty.jsonl", "-o", "x.html"],
            "there are no results in \"empty.jsonl\"",
        ),
        (&["r.jsonl", "-o", "x.pdf"], "a report's name ends in .html"),
        (
            &["r.jsonl", "payload", "-o", "x.html"],
            "or one file of results, not both",
        ),
        (
            &["r.jsonl", "--timeline", "5", "-o", "x.html"],
            "--timeline is for files",
        ),
    ] {
        bench
            .run([&["report"], arguments].concat())
            .expect_code(1)
            .expect_stderr(problem);
        assert!(!bench.path("x.html").exists() && !bench.path("x.pdf").exists());
    }
    fs::write(bench.path("notes.html"), "<p>mine").unwrap();
    bench
        .run(["report", "r.jsonl", "-o", "notes.html"])
        .expect_code(1)
        .expect_stderr("will not replace \"notes.html\": it does not look like a report");
}

#[test]
fn a_name_of_ten_thousand_characters_is_a_name() {
    let bench = classified();
    let results = fs::read_to_string(bench.path("r.jsonl")).unwrap();
    let long = "x".repeat(10_000);
    let results = results.replacen("armygeddon-muldjord", &long, 2);
    fs::write(bench.path("long.jsonl"), results).unwrap();
    bench
        .run(["report", "long.jsonl", "-q", "-o", "report.html"])
        .expect_code(0);
    assert!(page(&bench).contains(&long));
}
