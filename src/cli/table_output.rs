//! Where a table goes and how, decided by the name of the file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use fma_genre::output::{self, Csv, Destination, OutputError, Table, TableFormat, Values};
use ndarray::Array2;

/// A place for a table that was found to be writable.
pub(super) struct TableOutput {
    destination: Destination,
    format: &'static dyn TableFormat,
    /// Where the ids go if the format has no room for them.
    ids: Option<Destination>,
}

impl TableOutput {
    pub(super) fn prepare(path: &Path) -> Result<Self, OutputError> {
        let format = output::format_for(path);
        let ids = (!format.holds_ids()).then(|| Destination::prepare(&ids_path(path)));
        Ok(Self {
            destination: Destination::prepare(path)?,
            format,
            ids: ids.transpose()?,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.destination.path()
    }

    pub(super) fn write(&self, table: &Table) -> Result<(), OutputError> {
        if let Some(destination) = &self.ids {
            let ids = Table {
                ids: table.ids.clone(),
                patches: table.patches.clone(),
                columns: Vec::new(),
                values: Values::Features(Array2::zeros((table.ids.len(), 0))),
            };
            destination.write(|sink| Csv.write(&ids, sink))?;
        }
        self.destination
            .write(|sink| self.format.write(table, sink))
    }
}

/// The companion of an `.npy` file: `features.npy` -> `features.npy.ids.csv`.
fn ids_path(path: &Path) -> PathBuf {
    let mut name: OsString = path.into();
    name.push(".ids.csv");
    name.into()
}
