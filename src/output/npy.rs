//! NumPy's array format: the values alone, rows x columns.

use std::io::Write;

use super::csv::into_output;
use super::{NumberColumns, NumberKind, NumberRow, Numbers, Output, OutputError, RowSink};

/// Bytes of the header: its size does not depend on the number of rows, which is
/// known at the end alone.
const HEADER_BYTES: usize = 128;
/// Magic, version 1.0 and the length of what follows.
const PREAMBLE_BYTES: usize = 10;

/// A two-dimensional array in C order, float64 for probabilities and float32
/// for features.
///
/// The format has no room for ids. They are in a CSV of their own with the
/// columns `file_id`, `patch` if the rows are patches, and `row_crc32`, the
/// checksum of the row's bytes in the array: it shows whether the two belong
/// together.
pub(super) struct NpySink {
    values: Output,
    ids: ::csv::Writer<Output>,
    columns: usize,
    patches: bool,
    kind: NumberKind,
    rows: usize,
    bytes: Vec<u8>,
}

impl NpySink {
    pub(super) fn new(
        mut values: Output,
        ids: Output,
        columns: &NumberColumns,
    ) -> Result<Self, OutputError> {
        values.write_all(&header(columns.kind, 0, columns.names.len()))?;
        let mut ids = ::csv::Writer::from_writer(ids);
        ids.write_field("file_id")?;
        if columns.patches {
            ids.write_field("patch")?;
        }
        ids.write_record(["row_crc32"])?;
        Ok(Self {
            values,
            ids,
            columns: columns.names.len(),
            patches: columns.patches,
            kind: columns.kind,
            rows: 0,
            bytes: Vec::new(),
        })
    }
}

impl RowSink<NumberRow<'_>> for NpySink {
    fn write(&mut self, row: &NumberRow<'_>) -> Result<(), OutputError> {
        self.bytes.clear();
        match row.numbers {
            Numbers::Probabilities(values) => {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes());
                self.bytes.extend(bytes);
            }
            Numbers::Features(values) => {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes());
                self.bytes.extend(bytes);
            }
        }
        self.values.write_all(&self.bytes)?;
        self.ids.write_field(row.id)?;
        if self.patches {
            self.ids.write_field(row.patch.to_string())?;
        }
        self.ids
            .write_record([crc32fast::hash(&self.bytes).to_string()])?;
        self.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        let header = header(self.kind, self.rows, self.columns);
        self.values.rewrite_start(&header)?;
        // Both are complete before either appears.
        let values = self.values.complete()?;
        let ids = into_output(self.ids)?.complete()?;
        ids.publish()?;
        values.publish()
    }
}

/// The header of an array of this shape, version 1.0 of the format (numpy's
/// `lib/format.py`): magic, version, length, a Python dictionary, spaces, LF.
fn header(kind: NumberKind, rows: usize, columns: usize) -> Vec<u8> {
    let descr = match kind {
        NumberKind::Probabilities => "<f8",
        NumberKind::Features => "<f4",
    };
    let dictionary =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend(((HEADER_BYTES - PREAMBLE_BYTES) as u16).to_le_bytes());
    header.extend(dictionary.as_bytes());
    header.resize(HEADER_BYTES - 1, b' ');
    header.push(b'\n');
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{NumberOutput, OutputRules};
    use ndarray::{Array2, array};
    use ndarray_npy::ReadNpyExt;

    #[test]
    fn features_read_back_and_the_ids_have_their_checksums() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.npy");
        let columns = NumberColumns {
            patches: true,
            names: vec!["x".into(), "y".into()],
            kind: NumberKind::Features,
        };
        let output = NumberOutput::prepare(&path, &OutputRules::default()).unwrap();
        let mut sink = output.open(&columns).unwrap();
        let values = array![[1.5_f32, -0.1], [0.0, 3e-20]];
        for (patch, row) in (7..).zip(values.rows()) {
            sink.write(&NumberRow {
                id: b"a",
                patch,
                numbers: Numbers::Features(row.as_slice().unwrap()),
            })
            .unwrap();
        }
        assert!(!path.exists());
        sink.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.starts_with(b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', "));
        assert_eq!(Array2::<f32>::read_npy(bytes.as_slice()).unwrap(), values);
        // zlib.crc32(array[i].tobytes()) in Python.
        let ids = std::fs::read_to_string(folder.path().join("out.npy.ids.csv")).unwrap();
        assert_eq!(
            ids,
            "file_id,patch,row_crc32\na,7,2578898950\na,8,3683626890\n"
        );
    }

    #[test]
    fn a_header_has_room_for_any_shape() {
        let header = header(NumberKind::Features, usize::MAX, usize::MAX);
        assert_eq!(header.len(), HEADER_BYTES);
        assert!(header.ends_with(b"}\n") || header.ends_with(b" \n"));
    }
}
