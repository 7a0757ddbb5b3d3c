//! Where a model's files come from: the program itself or a folder.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::ModelError;

/// A model inside the program.
pub(super) struct Bundled {
    pub(super) name: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

/// Names a folder of `models/` and lists its files.
macro_rules! bundled {
    ($name:literal, $folder:literal: $($file:literal),+ $(,)?) => {
        Bundled {
            name: $name,
            files: &[$((
                $file,
                include_bytes!(concat!(
                    env!("CARGO_MANIFEST_DIR"), "/models/", $folder, "/", $file
                )),
            )),+],
        }
    };
}

/// All of them, the default first.
pub(super) static BUNDLED: &[Bundled] = &[
    bundled!(
        "compact", "compact": "model.json", "msd_small.onnx", "mtt_small.onnx", "head.onnx"
    ),
    bundled!(
        "full", "musicnn": "model.json", "msd_musicnn.onnx", "mtt_musicnn.onnx", "head.onnx"
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

    pub(super) fn read(&self, name: &str) -> Result<Cow<'static, [u8]>, ModelError> {
        match self {
            Self::Bundled(model) => {
                let file = model.files.iter().find(|(file, _)| *file == name);
                file.map(|(_, bytes)| Cow::Borrowed(*bytes))
                    .ok_or_else(|| ModelError::Manifest(format!("{name:?} is not bundled")))
            }
            Self::Dir(dir) => {
                let path = dir.join(name);
                std::fs::read(&path)
                    .map(Cow::Owned)
                    .map_err(|source| ModelError::Read { path, source })
            }
        }
    }
}
