//! A page of `fma-genre report`, open in Chromium.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The 16 genres in the order of probabilities.
pub const GENRES: [&str; 16] = [
    "Blues",
    "Classical",
    "Country",
    "Easy Listening",
    "Electronic",
    "Experimental",
    "Folk",
    "Hip-Hop",
    "Instrumental",
    "International",
    "Jazz",
    "Old-Time / Historic",
    "Pop",
    "Rock",
    "Soul-RnB",
    "Spoken",
];

/// A line of results: `genre` has `probability`, the rest is shared by the others.
pub fn result(path: &str, genre: usize, probability: f64, seconds: f64) -> Value {
    let rest = (1.0 - probability) / 15.0;
    let of = |index| if index == genre { probability } else { rest };
    let probabilities: serde_json::Map<String, Value> = GENRES
        .iter()
        .enumerate()
        .map(|(index, name)| (name.to_string(), json!(of(index))))
        .collect();
    json!({
        "schema_version": 1, "path": path, "id": path, "status": "ok", "remark": null,
        "seconds": seconds, "sample_rate": 44100, "channels": 2, "decoder": "nanomp3",
        "genre": GENRES[genre], "tag_genre": null, "top": [], "probabilities": probabilities,
        "model": "compact", "model_version": "1", "prior": "fma",
    })
}

/// A page in a browser window of its own.
pub struct Page {
    pub client: Client,
    pub folder: TempDir,
    pub file: PathBuf,
}

impl Page {
    /// Makes a report of these results and opens it.
    pub async fn of(results: &[Value]) -> Self {
        Self::with_arguments(results, &[], &[]).await
    }

    /// Makes a report with more arguments, in a browser with more arguments.
    pub async fn with_arguments(results: &[Value], report: &[&str], browser: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines: String = results.iter().map(|line| format!("{line}\n")).collect();
        fs::write(folder.path().join("r.jsonl"), lines).unwrap();
        let file = folder.path().join("report.html");
        let program = std::env::var_os("FMA_GENRE").expect("run.sh sets FMA_GENRE");
        let made = Command::new(program)
            .args(["report", "r.jsonl", "-q", "-o", "report.html"])
            .args(report)
            .current_dir(folder.path())
            .status();
        assert!(made.unwrap().success());
        let mut arguments = vec!["--headless=new", "--no-sandbox", "--window-size=1280,1000"];
        arguments.extend(browser);
        let capabilities = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let driver = std::env::var("WEBDRIVER").expect("run.sh sets WEBDRIVER");
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&driver)
            .await
            .expect("a browser");
        client
            .goto(&format!("file://{}", file.display()))
            .await
            .unwrap();
        Self {
            client,
            folder,
            file,
        }
    }

    /// Runs a script in the page; what it returns.
    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// The text of the first cells of the rows that are in the document.
    pub async fn rows(&self) -> Vec<String> {
        let rows = self
            .script("return [...document.querySelectorAll('#rows .file')].map((cell) => cell.textContent)")
            .await;
        serde_json::from_value(rows).unwrap()
    }

    pub async fn text(&self, css: &str) -> String {
        let element = self.client.find(Locator::Css(css)).await.unwrap();
        element.text().await.unwrap()
    }

    pub async fn click(&self, css: &str) {
        let element = self.client.find(Locator::Css(css)).await.unwrap();
        element.click().await.unwrap();
    }

    pub async fn keys(&self, css: &str, keys: &str) {
        let element = self.client.find(Locator::Css(css)).await.unwrap();
        element.send_keys(keys).await.unwrap();
    }

    pub async fn select(&self, css: &str, value: &str) {
        let element = self.client.find(Locator::Css(css)).await.unwrap();
        element.select_by_value(value).await.unwrap();
    }

    /// Waits until colours have stopped changing.
    pub async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(400)).await;
    }

    pub async fn close(self) {
        self.client.close().await.unwrap();
    }
}
