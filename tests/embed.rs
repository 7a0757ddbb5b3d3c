//! `fma-genre embed`: features for training and for researchers.

mod common;

use std::fs;

use common::{Bench, assert_close};
use ndarray::Array2;

#[test]
fn csv_npy_and_parquet_hold_the_same_features() {
    let bench = Bench::new();
    bench
        .put_clip("b.mp3")
        .put_clip("a.mp3")
        .put("bad.mp3", b"");
    for name in ["f.csv", "f.npy", "f.parquet"] {
        bench
            .run(["embed", "payload", "-o", name])
            .expect_code(0)
            .expect_stderr("2 analysed, 1 left out");
    }
    let array: Array2<f32> = ndarray_npy::read_npy(bench.path("f.npy")).unwrap();
    let mut reader = csv::Reader::from_path(bench.path("f.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    assert_eq!(header.get(0), Some("file_id"));
    for ending in [
        ":tag:rock",
        "mtt:tag:opera",
        ":embedding:199",
        ":pooled:511",
    ] {
        assert!(
            header.iter().any(|name| name.ends_with(ending)),
            "{ending}: {header:?}"
        );
    }
    assert_eq!(array.dim(), (2, header.len() - 1));
    for (row, record) in reader.records().enumerate() {
        let record = record.unwrap();
        assert_eq!(&record[0], ["a", "b"][row]);
        for (column, field) in record.iter().skip(1).enumerate() {
            let value: f32 = field.parse().unwrap();
            assert_eq!(value, array[[row, column]], "{row} {column}");
        }
    }
    let ids = fs::read_to_string(bench.path("f.npy.ids.csv")).unwrap();
    let mut expected = "file_id,row_crc32\n".to_owned();
    for (id, row) in ["a", "b"].iter().zip(array.rows()) {
        let bytes: Vec<u8> = row.iter().flat_map(|value| value.to_le_bytes()).collect();
        expected.push_str(&format!("{id},{}\n", crc32fast::hash(&bytes)));
    }
    assert_eq!(ids, expected);
    assert!(
        fs::read(bench.path("f.parquet"))
            .unwrap()
            .starts_with(b"PAR1")
    );
    bench
        .run(["embed", "payload", "-o", "f.csv", "--strict"])
        .expect_code(2);
}

#[test]
fn patches_average_to_the_file() {
    let bench = Bench::new();
    bench.put_clip("a.mp3");
    bench
        .run(["embed", "payload", "-o", "file.npy"])
        .expect_code(0);
    bench
        .run(["embed", "payload", "-o", "patches.npy", "--patches"])
        .expect_code(0);
    let file: Array2<f32> = ndarray_npy::read_npy(bench.path("file.npy")).unwrap();
    let patches: Array2<f32> = ndarray_npy::read_npy(bench.path("patches.npy")).unwrap();
    // The default model looks at five patches; the first pooled block is the mean.
    assert_eq!(patches.nrows(), 5);
    for (column, values) in patches.columns().into_iter().enumerate() {
        let mean = values.mean().unwrap();
        assert_close(
            mean.into(),
            file[[0, column]].into(),
            1e-4,
            "mean over patches",
        );
    }
}

#[test]
fn a_folder_without_usable_files_is_an_error() {
    let bench = Bench::new();
    bench.put("bad.mp3", b"");
    bench
        .run(["embed", "payload", "-o", "f.npy"])
        .expect_code(1)
        .expect_stderr("none of the 1 files could be analysed");
    assert!(!bench.path("f.npy").exists());
}
