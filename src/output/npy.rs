//! NumPy's array format: the values alone, rows x columns.

use ndarray_npy::WriteNpyExt;

use super::{OutputError, Sink, Table, TableFormat, Values};

/// A two-dimensional array in C order, float64 for probabilities and float32
/// for features. The format has no room for ids and column names.
pub struct Npy;

impl TableFormat for Npy {
    fn write(&self, table: &Table, sink: Sink<'_>) -> Result<(), OutputError> {
        match &table.values {
            Values::Probabilities(values) => values.write_npy(sink)?,
            Values::Features(values) => values.write_npy(sink)?,
        }
        Ok(())
    }

    fn holds_ids(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};
    use ndarray_npy::ReadNpyExt;

    #[test]
    fn features_read_back_as_they_were() {
        let values = array![[1.5_f32, -0.1], [0.0, 3e-20]];
        let table = Table {
            ids: vec![b"a".to_vec(), b"b".to_vec()],
            patches: None,
            columns: vec!["x".into(), "y".into()],
            values: Values::Features(values.clone()),
        };
        let mut bytes = Vec::new();
        Npy.write(&table, &mut bytes).unwrap();
        assert!(bytes.starts_with(b"\x93NUMPY"));
        assert_eq!(Array2::<f32>::read_npy(bytes.as_slice()).unwrap(), values);
    }
}
