//! The report, as somebody uses it who looks, types or listens to a screen reader.

use fantoccini::key::Key;
use fma_genre_browser_tests::{GENRES, Page, result};
use serde_json::{Value, json};

/// Thirty files of three genres.
fn music() -> Vec<Value> {
    let file = |number: usize| {
        let genre = [1, 10, 13][number % 3];
        let seconds = 60.0 + number as f64;
        result(
            &format!("music/{number:02}.mp3"),
            genre,
            0.5 + 0.01 * number as f64,
            seconds,
        )
    };
    let mut files: Vec<Value> = (0..30).map(file).collect();
    files[3]["tag_genre"] = json!("Polka");
    files[4]["tag_genre"] = json!("Rock");
    files[5]["status"] = json!("unusable");
    files[5]["genre"] = Value::Null;
    files[5]["remark"] = json!("is empty (0 bytes)");
    files
}

#[tokio::test]
async fn columns_sort_both_ways_and_say_so() {
    let page = Page::of(&music()).await;
    assert_eq!(page.rows().await[0], "music/00.mp3");
    page.click("[data-sort=seconds]").await;
    assert_eq!(page.rows().await[0], "music/29.mp3");
    let sorted = "return document.querySelector('[data-sort=seconds]').parentElement.ariaSort";
    assert_eq!(page.script(sorted).await, "descending");
    page.click("[data-sort=seconds]").await;
    assert_eq!(page.script(sorted).await, "ascending");
    page.click("[data-sort=genre]").await;
    assert_eq!(page.script(sorted).await, "none");
    assert_eq!(page.rows().await[0], "music/05.mp3", "no genre comes first");
    page.close().await;
}

#[tokio::test]
async fn filters_leave_what_they_say() {
    let page = Page::of(&music()).await;
    page.keys("#search", "music/1").await;
    assert_eq!(page.text("#count").await, "10 of 30 files");
    page.click("#reset").await;
    assert_eq!(page.text("#count").await, "30 of 30 files");
    page.click(".share[data-genre='10']").await;
    assert_eq!(page.text("#count").await, "10 of 30 files");
    page.click(".share[data-genre='10']").await;
    for (show, count) in [("tag", 1), ("unusable", 1), ("remark", 1), ("sure", 10)] {
        page.select("#show", show).await;
        assert_eq!(
            page.text("#count").await,
            format!("{count} of 30 files"),
            "{show}"
        );
    }
    page.select("#show", "tag").await;
    assert_eq!(page.rows().await, ["music/04.mp3"]);
    page.close().await;
}

#[tokio::test]
async fn the_table_and_a_file_are_reached_by_keys_alone() {
    let page = Page::of(&music()).await;
    page.script("document.getElementById('table').focus()")
        .await;
    let down = String::from(char::from(Key::Down)).repeat(3);
    page.keys("#table", &down).await;
    let active = "return document.getElementById(document.getElementById('table').getAttribute('aria-activedescendant')).textContent";
    assert!(
        page.script(active)
            .await
            .as_str()
            .unwrap()
            .starts_with("music/02.mp3")
    );
    page.keys("#table", &char::from(Key::End).to_string()).await;
    assert!(
        page.script(active)
            .await
            .as_str()
            .unwrap()
            .starts_with("music/29.mp3")
    );
    page.keys("#table", &char::from(Key::Enter).to_string())
        .await;
    assert_eq!(page.text("#details h3").await, "music/29.mp3");
    assert_eq!(
        page.script("return document.activeElement.id").await,
        "details"
    );
    page.close().await;
}

#[tokio::test]
async fn names_are_text_and_never_markup_or_script() {
    let names = [
        "<script>window.hacked = 1</script>.mp3",
        "</script><script>window.hacked = 1</script>.mp3",
        "<img src=x onerror=\"window.hacked = 1\">.mp3",
        "\"quotes' & &amp;.mp3",
        "right\u{202e}3pm.left",
        "{{ 7 * 7 }}.mp3",
        "<!--.mp3",
    ];
    let mut files: Vec<Value> = names
        .iter()
        .map(|name| result(name, 13, 0.9, 10.0))
        .collect();
    for file in &mut files {
        file["tag_genre"] = file["path"].clone();
    }
    files[0]["status"] = json!("unusable");
    files[0]["remark"] = json!("<b>is</b> <script>window.hacked = 1</script>");
    let title = "<script>window.hacked = 1</script>";
    let page = Page::with_arguments(&files, &["--title", title], &[]).await;
    let shown = page.rows().await;
    assert_eq!(shown[..4], names[..4]);
    assert_eq!(
        shown[4], "right\\u{202e}3pm.left",
        "what turns the text is seen"
    );
    assert_eq!(shown[5..], names[5..]);
    assert_eq!(page.text("h1").await, title);
    for row in 0..names.len() {
        page.click(&format!("#row-{row}")).await;
    }
    assert_eq!(
        page.script("return window.hacked ?? null").await,
        Value::Null
    );
    assert_eq!(
        page.script("return document.querySelectorAll('img, b').length")
            .await,
        0
    );
    page.close().await;
}

#[tokio::test]
async fn twenty_thousand_files_scroll_and_filter_smoothly() {
    const FILES: usize = 20_000;
    let file = |number: usize| {
        let name = format!(
            "Artist {}/Album {}/{number:05} Song.mp3",
            number % 700,
            number % 90
        );
        result(
            &name,
            number * 7 % 16,
            0.3 + (number % 70) as f64 / 100.0,
            200.0,
        )
    };
    let files: Vec<Value> = (0..FILES).map(file).collect();
    let page = Page::of(&files).await;
    let measured = page
        .client
        .execute_async(
            "const done = arguments[0];
             const scroller = document.getElementById('scroller');
             const frames = [];
             let most = 0;
             const step = (last, left) => requestAnimationFrame((now) => {
               frames.push(now - last);
               most = Math.max(most, document.querySelectorAll('#rows .row').length);
               scroller.scrollTop += 3000;
               if (left > 0) return step(now, left - 1);
               const search = document.getElementById('search');
               const start = performance.now();
               search.value = 'artist 13 song';
               search.dispatchEvent(new Event('input', { bubbles: true }));
               const filter = performance.now() - start;
               const again = performance.now();
               document.querySelector('[data-sort=probability]').click();
               const sort = performance.now() - again;
               frames.sort((a, b) => a - b);
               done({ most, filter, sort, median: frames[60], slowest: frames.at(-1),
                      count: document.getElementById('count').textContent });
             });
             step(performance.now(), 120);",
            Vec::new(),
        )
        .await
        .unwrap();
    println!("20,000 files: {measured}");
    assert!(
        measured["most"].as_f64().unwrap() < 60.0,
        "rows in the document"
    );
    // Generous: this asks whether the table is virtual, not how fast the machine is. Without
    // that, a frame takes seconds.
    assert!(measured["median"].as_f64().unwrap() < 100.0, "{measured}");
    assert!(measured["filter"].as_f64().unwrap() < 500.0, "{measured}");
    // Every word stands somewhere in the path.
    let hits = files
        .iter()
        .filter(|file| file["path"].as_str().unwrap().contains("13"));
    let hits = hits.count();
    assert_eq!(
        measured["count"],
        format!("{} of 20,000 files", thousands(hits))
    );
    page.close().await;
}

fn thousands(number: usize) -> String {
    match number / 1000 {
        0 => number.to_string(),
        thousands => format!("{thousands},{:03}", number % 1000),
    }
}

/// The contrast of every text that is seen with what is behind it: WCAG 2.2, 1.4.3 (AA) asks for 4.5.
const CONTRAST: &str = "
    const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = rgb(getComputedStyle(at).backgroundColor);
        if (colour.length < 4 || colour[3] === 1) return colour;
      }
      return [255, 255, 255];
    };
    const poor = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.textContent.trim() || !element.checkVisibility() || element.closest('script, svg, .confusion td')) continue;
      const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) poor.push(`${node.textContent.trim()}: ${ratio.toFixed(2)}`);
    }
    return poor;";

#[tokio::test]
async fn text_is_legible_in_light_and_dark() {
    let page = Page::of(&music()).await;
    page.click("#row-5").await;
    assert_eq!(page.script(CONTRAST).await, json!([]), "light");
    let background = "return getComputedStyle(document.body).backgroundColor";
    let light = page.script(background).await;
    page.click("#theme").await;
    page.settle().await;
    assert_ne!(page.script(background).await, light);
    assert_eq!(page.script(CONTRAST).await, json!([]), "dark");
    page.close().await;
}

#[tokio::test]
async fn a_browser_that_is_dark_gets_a_dark_page() {
    let dark = "--blink-settings=preferredColorScheme=0";
    let page = Page::with_arguments(&music(), &[], &[dark]).await;
    assert_eq!(
        page.script("return matchMedia('(prefers-color-scheme: dark)').matches")
            .await,
        true
    );
    assert_eq!(page.text("#theme").await, "Light");
    let scheme = "return getComputedStyle(document.documentElement).colorScheme";
    assert_eq!(page.script(scheme).await, "dark");
    page.close().await;
}

/// Names, roles and labels of whatever can be operated.
#[tokio::test]
async fn everything_that_can_be_operated_has_a_name() {
    let page = Page::of(&music()).await;
    let nameless = page
        .script(
            "return [...document.querySelectorAll('button, input, select, [tabindex], [role=grid]')]
               .filter((e) => e.checkVisibility())
               .filter((e) => !(e.ariaLabel || e.textContent.trim() || e.labels?.length || e.getAttribute('aria-labelledby')))
               .map((e) => e.outerHTML)",
        )
        .await;
    assert_eq!(nameless, json!([]));
    let roles = page
        .script("const t = document.getElementById('table'); return [t.getAttribute('role'), t.getAttribute('aria-rowcount'), t.querySelectorAll('[role=columnheader]').length, document.documentElement.lang]")
        .await;
    assert_eq!(roles, json!(["grid", "31", 6, "en"]));
    page.close().await;
}

#[tokio::test]
async fn paper_has_all_files_and_no_controls() {
    let page = Page::of(&music()).await;
    page.script("window.dispatchEvent(new Event('beforeprint'))")
        .await;
    let printed = page
        .script("return document.querySelectorAll('#printed tr').length")
        .await;
    assert_eq!(printed, 30);
    let pdf = page
        .client
        .print(fantoccini::wd::PrintConfiguration::default())
        .await;
    assert!(pdf.unwrap().starts_with(b"%PDF"));
    page.close().await;
}

#[tokio::test]
async fn labels_bring_a_confusion_matrix_and_a_reliability_plot() {
    let files = music();
    let folder = tempfile::tempdir().unwrap();
    let labels = folder.path().join("labels.csv");
    let rows = (0..20).map(|n| format!("music/{n:02}.mp3,{}\n", GENRES[[1, 10, 12][n % 3]]));
    std::fs::write(
        &labels,
        format!("file_id,genre\n{}", rows.collect::<String>()),
    )
    .unwrap();
    let labels = labels.to_str().unwrap().to_owned();
    let page = Page::with_arguments(&files, &["--labels", &labels], &[]).await;
    assert_eq!(
        page.script("return [...document.querySelectorAll('.confusion tbody th')].map((th) => th.textContent)").await,
        json!(["Classical", "Jazz", "Pop"])
    );
    assert!(
        page.script("return document.querySelectorAll('.reliability circle').length")
            .await
            .as_u64()
            > Some(1)
    );
    assert!(page.text(".figures").await.contains("Accuracy"));
    page.close().await;
}

/// The pages must not reach for anything: no network, no other file.
#[tokio::test]
async fn nothing_is_loaded_from_elsewhere() {
    let page = Page::of(&music()).await;
    let loaded = "return performance.getEntriesByType('resource').map((entry) => entry.name)";
    assert_eq!(page.script(loaded).await, json!([]));
    let text = std::fs::read_to_string(&page.file).unwrap();
    assert!(!text.contains("http://") && !text.contains("https://"));
    page.close().await;
}
