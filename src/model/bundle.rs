//! Where a model's files come from: the program itself or a folder.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::ModelError;

/// A model inside the program.
pub(super) struct Bundled {
    pub(super) name: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

/// A file of a folder of `models/`: its name and its bytes.
macro_rules! file {
    ($folder:literal, $file:literal) => {
        (
            $file,
            include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/models/",
                $folder,
                "/",
                $file
            )),
        )
    };
}

/// Names a folder of `models/`, as the model is called, and lists its files, the shared ones last.
macro_rules! bundled {
    ($name:literal: $($file:literal),+; $($shared:ident),+) => {
        Bundled {
            name: $name,
            files: &[$(file!($name, $file)),+, $($shared),+],
        }
    };
}

/// The network that the models share: a static, so that its bytes are in the
/// program once.
static YAMNET: (&str, &[u8]) = file!("compact", "yamnet.onnx");

/// All of them, the default first.
pub(super) static BUNDLED: &[Bundled] = &[
    bundled!(
        "compact": "model.json", "msd_small.onnx", "mtt_small.onnx", "head.onnx"; YAMNET
    ),
    bundled!(
        "full": "model.json", "msd_musicnn.onnx", "mtt_musicnn.onnx", "head.onnx"; YAMNET
    ),
];

/// The files of one model.
pub(super) enum Files {
    Bundled(&'static Bundled),
    Dir(PathBuf),
}

impl Files {
    pub(super) fn bundled(name: &str) -> Result<Self, ModelError> {
        let found = BUNDLED.iter().find(|model| model.name == name);
        found.map(Self::Bundled).ok_or_else(|| {
            let known: Vec<_> = BUNDLED.iter().map(|model| model.name).collect();
            ModelError::UnknownName {
                name: name.to_owned(),
                known: known.join(", "),
            }
        })
    }

    pub(super) fn in_dir(dir: &Path) -> Self {
        Self::Dir(dir.to_path_buf())
    }

    /// The bytes of a file, of which there may be at most `most`.
    pub(super) fn read(&self, name: &str, most: u64) -> Result<Cow<'static, [u8]>, ModelError> {
        match self {
            Self::Bundled(model) => {
                let file = model.files.iter().find(|(file, _)| *file == name);
                file.map(|(_, bytes)| Cow::Borrowed(*bytes))
                    .ok_or_else(|| ModelError::Manifest(format!("{name:?} is not bundled")))
            }
            Self::Dir(dir) => read_in(dir, name, most).map(Cow::Owned),
        }
    }
}

/// Reads a regular file that lies in the folder, also when links are followed: a folder
/// from a stranger must not make the program read what is elsewhere, or wait for a pipe.
fn read_in(dir: &Path, name: &str, most: u64) -> Result<Vec<u8>, ModelError> {
    let path = dir.join(name);
    let problem = |problem: String| ModelError::File {
        path: path.clone(),
        problem,
    };
    let failed = |source| ModelError::Read {
        path: path.clone(),
        source,
    };
    let real = path.canonicalize().map_err(failed)?;
    if !real.starts_with(dir.canonicalize().map_err(failed)?) {
        return Err(problem(format!(
            "is a link to {real:?}, which is not in the model's folder"
        )));
    }
    if !real.metadata().map_err(failed)?.is_file() {
        return Err(problem("is not a regular file".into()));
    }
    let mut bytes = vec![];
    let file = File::open(&real).map_err(failed)?;
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > most {
        let mebibytes = most >> 20;
        return Err(problem(format!("is longer than {mebibytes} MiB")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_files_are_in_the_program_once_and_equal_in_all_folders() {
        let addresses: Vec<_> = BUNDLED
            .iter()
            .map(|model| {
                let mut files = model.files.iter();
                let (_, bytes) = files.find(|(file, _)| *file == YAMNET.0).unwrap();
                bytes.as_ptr()
            })
            .collect();
        assert_eq!(addresses, [YAMNET.1.as_ptr(); 2]);
        for folder in ["compact", "full"] {
            let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
            let bytes = std::fs::read(models.join(folder).join(YAMNET.0)).unwrap();
            assert!(bytes == YAMNET.1, "models/{folder}/{}", YAMNET.0);
        }
    }
}
