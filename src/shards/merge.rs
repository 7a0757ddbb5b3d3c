//! Putting shards together.

use std::path::{Path, PathBuf};

use super::error::MergeError;
use super::made_by::MadeBy;
use super::note::ShardNote;
use super::rows::{RowWriter, Rows};
use crate::output::{Destination, Output, OutputError};

/// All shards of a run: none is missing, none is there twice, and all were made in the
/// same way of the same files.
#[derive(Debug)]
pub struct Shards {
    /// By their number.
    shards: Vec<(PathBuf, ShardNote)>,
}

impl Shards {
    /// The shards whose outputs are these, in any order.
    ///
    /// # Errors
    /// [`MergeError`] if they are not one whole run.
    pub fn gather(outputs: &[PathBuf]) -> Result<Self, MergeError> {
        let mut shards = Vec::new();
        for output in outputs {
            shards.push((output.clone(), ShardNote::beside(output)?));
        }
        if let [(first, note), others @ ..] = shards.as_slice() {
            for (second, other) in others {
                alike((first, note), (second, other))?;
            }
        }
        shards.sort_by_key(|(_, note)| note.shard);
        for pair in shards.windows(2) {
            let [(first, note), (second, other)] = pair else {
                continue;
            };
            if note.shard == other.shard {
                return Err(MergeError::Twice {
                    first: first.clone(),
                    second: second.clone(),
                    index: note.shard,
                    count: note.shards,
                });
            }
        }
        let shards = Self { shards };
        shards.require_all()?;
        Ok(shards)
    }

    /// How many shards there are.
    pub fn count(&self) -> usize {
        self.shards.len()
    }

    /// How many rows they have together.
    pub fn rows(&self) -> usize {
        let rows = |(_, note): &(PathBuf, ShardNote)| note.portion.positions.len();
        self.shards.iter().map(rows).sum()
    }

    /// What made them; none if there are no shards.
    pub fn made_by(&self) -> Option<&MadeBy> {
        self.shards.first().map(|(_, note)| &note.made_by)
    }

    /// The outputs.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.shards.iter().map(|(path, _)| path.as_path())
    }

    /// No shard is missing, and no row.
    fn require_all(&self) -> Result<(), MergeError> {
        let Some((_, note)) = self.shards.first() else {
            return Ok(());
        };
        let count = note.shards;
        let has = |index: u32| {
            let by_index = |(_, note): &(PathBuf, ShardNote)| note.shard.cmp(&index);
            self.shards.binary_search_by(by_index).is_ok()
        };
        let missing: Vec<u32> = (0..count).filter(|index| !has(*index)).collect();
        if !missing.is_empty() {
            return Err(MergeError::Missing { missing, count });
        }
        // A position that two have leaves another to none.
        let files = note.portion.files;
        if self.rows() == files && self.order().count() == files {
            Ok(())
        } else {
            Err(MergeError::DoNotAddUp { files })
        }
    }

    /// Which shard has each row, in the order of the whole; ends where none has the
    /// next.
    fn order(&self) -> impl Iterator<Item = usize> {
        let mut owner = vec![None; self.rows()];
        for (index, (_, note)) in self.shards.iter().enumerate() {
            for position in &note.portion.positions {
                if let Some(owner) = owner.get_mut(*position as usize) {
                    *owner = Some(index);
                }
            }
        }
        owner.into_iter().map_while(|index| index)
    }

    /// Reads all outputs to their end.
    ///
    /// # Errors
    /// [`MergeError::Changed`] if one is not what its note tells of.
    pub fn check(&self) -> Result<(), MergeError> {
        for (path, note) in &self.shards {
            let crc32 = Rows::open(path, "bytes").and_then(Rows::crc32);
            let crc32 = crc32.map_err(|source| failed(path, source))?;
            if crc32 != note.output_crc32 {
                return Err(MergeError::Changed(path.clone()));
            }
        }
        Ok(())
    }

    /// Writes the rows of all in the order of the whole: the bytes that one run on all
    /// files would have written. Only the current rows are held.
    ///
    /// # Errors
    /// [`MergeError`]; nothing was written.
    pub fn merge(&self, destination: &Destination) -> Result<(), MergeError> {
        let format = self.made_by().map_or("csv", |made_by| &made_by.format);
        if let (true, Some(path)) = (format == "parquet", self.paths().next()) {
            return Err(MergeError::Parquet(path.to_path_buf()));
        }
        let mut problem = None;
        let written = destination.write(|output| {
            self.write(format, output).map_err(|error| match error {
                MergeError::Output(error) => error,
                other => {
                    problem = Some(other);
                    OutputError::WrongKind
                }
            })
        });
        match problem {
            Some(problem) => Err(problem),
            None => Ok(written?),
        }
    }

    fn write(&self, format: &str, output: &mut Output) -> Result<(), MergeError> {
        let open = |(path, _): &(PathBuf, ShardNote)| {
            Rows::open(path, format).map_err(|source| failed(path, source))
        };
        let mut rows: Vec<Rows> = self.shards.iter().map(open).collect::<Result<_, _>>()?;
        let mut writer = RowWriter::new(output, format);
        if format == "csv" {
            // Every shard has the header.
            for index in 0..rows.len() {
                self.read_row(&mut rows, index)?;
            }
            writer.write(&rows[0])?;
        }
        for index in self.order() {
            self.read_row(&mut rows, index)?;
            writer.write(&rows[index])?;
        }
        writer.flush()?;
        for (rows, (path, note)) in rows.into_iter().zip(&self.shards) {
            let crc32 = rows.crc32().map_err(|source| failed(path, source))?;
            if crc32 != note.output_crc32 {
                return Err(MergeError::Changed(path.clone()));
            }
        }
        Ok(())
    }

    /// Reads the next row of a shard, which must have one.
    fn read_row(&self, rows: &mut [Rows], index: usize) -> Result<(), MergeError> {
        let path = &self.shards[index].0;
        match rows[index].read() {
            Ok(true) => Ok(()),
            Ok(false) => Err(MergeError::Changed(path.clone())),
            Err(source) => Err(failed(path, source)),
        }
    }
}

fn failed(path: &Path, source: std::io::Error) -> MergeError {
    MergeError::Read {
        path: path.to_path_buf(),
        source,
    }
}

/// Refuses two shards that are not of one run.
fn alike(
    (first, note): (&Path, &ShardNote),
    (second, other): (&Path, &ShardNote),
) -> Result<(), MergeError> {
    let unlike = |what, ours, theirs| {
        Err(MergeError::Unlike {
            first: first.to_path_buf(),
            second: second.to_path_buf(),
            what,
            ours,
            theirs,
        })
    };
    if note.shards != other.shards {
        let [ours, theirs] = [note, other].map(|note| note.shards.to_string());
        return unlike("number of shards", ours, theirs);
    }
    if let Some((what, ours, theirs)) = note.made_by.difference(&other.made_by) {
        return unlike(what, ours, theirs);
    }
    let files = |note: &ShardNote| (note.portion.files, note.portion.files_crc32);
    if files(note) != files(other) {
        return Err(MergeError::OtherFiles {
            first: first.to_path_buf(),
            second: second.to_path_buf(),
            ours: note.portion.files,
            theirs: other.portion.files,
        });
    }
    Ok(())
}
