//! What the front networks say of a clip, and its statistics over time.

use std::ops::Range;

use serde::Deserialize;

use super::{FrontEnd, Manifest};
use crate::spectrogram::RECORDING_FEATURES;

/// Prefix of the names of the recording's features.
pub(super) const RECORDING: &str = "recording";

/// A statistic over the patches of a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Arithmetic mean.
    Mean,
    /// Maximum.
    Max,
    /// Population standard deviation (0 for a single patch).
    Std,
}

impl Pooling {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Max => "max",
            Self::Std => "std",
        }
    }

    fn apply(self, values: impl Iterator<Item = f32> + Clone) -> f32 {
        let count = values.clone().count() as f32;
        let mean = |values: &mut dyn Iterator<Item = f32>| values.sum::<f32>() / count;
        match self {
            Self::Mean => mean(&mut values.clone()),
            Self::Max => values.fold(f32::NEG_INFINITY, f32::max),
            Self::Std => {
                let centre = mean(&mut values.clone());
                mean(&mut values.map(|x| (x - centre).powi(2))).sqrt()
            }
        }
    }
}

/// Tag logits, embedding and, if it has one, pooled layer of each network for one
/// patch, in the manifest's order; the mean over the patches that it looks at, if
/// this is none of them. If the head is given them, the features of the recording follow, which are the same
/// for all patches of a clip.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchFeatures(pub Vec<f32>);

/// The features of all patches of a clip, in time order; at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipFeatures {
    /// One per patch.
    pub patches: Vec<PatchFeatures>,
}

/// The order of feature values in a patch and in a pooled clip.
#[derive(Debug, Clone)]
pub struct Layout {
    names: Vec<String>,
    pooling: Vec<Pooling>,
    /// Where the embeddings of the networks for music lie in a patch's values.
    music: Vec<Range<usize>>,
}

impl Layout {
    pub(super) fn new(manifest: &Manifest) -> Self {
        let names = manifest.networks.iter().flat_map(|network| {
            let tags = network
                .tags
                .iter()
                .map(move |tag| format!("{}:tag:{tag}", network.name));
            let numbered = |layer: &'static str, len: usize| {
                (0..len).map(move |i| format!("{}:{layer}:{i}", network.name))
            };
            tags.chain(numbered("embedding", network.embedding))
                .chain(numbered("pooled", network.pooled))
        });
        let recording = RECORDING_FEATURES
            .iter()
            .filter(|_| manifest.recording)
            .map(|name| format!("{RECORDING}:{name}"));
        let mut start = 0;
        let mut music = Vec::new();
        for network in &manifest.networks {
            let embedding = start + network.tags.len();
            let end = embedding + network.embedding;
            if network.front_end == FrontEnd::Musicnn {
                music.push(embedding..end);
            }
            start = end + network.pooled;
        }
        Self {
            names: names.chain(recording).collect(),
            pooling: manifest.head.pooling.clone(),
            music,
        }
    }

    /// The embeddings of the networks that were trained on music, one after the other:
    /// each the mean over the clip's patches, with a Euclidean norm of 1, so that their
    /// dot products are cosines and no network outweighs another. (YAMNet's is left
    /// out: it tells sounds apart more than music.)
    pub fn music_embedding(&self, features: &ClipFeatures) -> Vec<f32> {
        let mut embedding = Vec::new();
        for range in &self.music {
            let start = embedding.len();
            embedding.extend(range.clone().map(|index| {
                let values = features.patches.iter().map(move |patch| patch.0[index]);
                Pooling::Mean.apply(values)
            }));
            let norm = embedding[start..].iter().map(|x| x * x).sum::<f32>().sqrt();
            let scale = norm.max(f32::MIN_POSITIVE);
            embedding[start..].iter_mut().for_each(|x| *x /= scale);
        }
        embedding
    }

    /// Values per patch.
    pub fn patch_len(&self) -> usize {
        self.names.len()
    }

    /// Values per pooled clip.
    pub fn pooled_len(&self) -> usize {
        self.names.len() * self.pooling.len()
    }

    /// Names of a patch's values, such as `msd:tag:rock`.
    pub fn patch_names(&self) -> &[String] {
        &self.names
    }

    /// Names of a pooled clip's values, such as `mean:msd:tag:rock`.
    pub fn pooled_names(&self) -> Vec<String> {
        self.pooling
            .iter()
            .flat_map(|pooling| {
                let prefix = pooling.name();
                self.names
                    .iter()
                    .map(move |name| format!("{prefix}:{name}"))
            })
            .collect()
    }
}

impl ClipFeatures {
    /// The statistics that the head takes, block after block.
    pub fn pooled(&self, layout: &Layout) -> Vec<f32> {
        let mut pooled = Vec::with_capacity(layout.pooled_len());
        for pooling in &layout.pooling {
            pooled.extend((0..layout.patch_len()).map(|index| {
                let values = self.patches.iter().map(move |patch| patch.0[index]);
                pooling.apply(values)
            }));
        }
        pooled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_those_of_numpy() {
        // numpy.mean, max, std of [1, 2, 6] are 3, 6, sqrt(14/3).
        let values = [1.0, 2.0, 6.0_f32];
        let apply = |pooling: Pooling| pooling.apply(values.iter().copied());
        assert_eq!(apply(Pooling::Mean), 3.0);
        assert_eq!(apply(Pooling::Max), 6.0);
        assert!((apply(Pooling::Std) - (14.0_f32 / 3.0).sqrt()).abs() < 1e-6);
        assert_eq!(Pooling::Std.apply([5.0_f32].into_iter()), 0.0);
    }
}
