//! What the engine's kernels leave undone, or do not know, about x86-64 processors.

use fearless_simd::{Level, Simd, dispatch};
use tract_onnx::tract_core::tract_linalg::isa::{Isa, IsaSet};

/// Marks the upper halves of the vector registers as unused, as every function should that
/// computes with more than 128 bits. Otherwise the processor keeps them for all code that
/// follows and was not built for them, which is most of this program and of tract: the
/// depthwise convolutions took twice as long on an AMD Zen 4. tract 0.23.9's matrix kernels
/// leave them in use, which they need AVX2 for. Source: Intel 64 and IA-32 Architectures Optimization Reference Manual,
/// "Mixing AVX code with SSE code".
#[cfg(target_arch = "x86_64")]
pub(super) fn release_vector_registers() {
    fearless_simd::kernel!(
        fn zero_upper(processor: Avx2) {
            std::arch::x86_64::_mm256_zeroupper();
        }
    );
    if let Some(processor) = Level::new().as_avx2() {
        zero_upper(processor);
    }
}

/// Other processors have no such state.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn release_vector_registers() {}

/// The vectors that [`Work`] is done with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vectors(Level);

impl Vectors {
    /// The widest that this processor has, that `features` names, which a user may have shortened, and that this
    /// program is built for: 512 or 256 bits, with fused multiply-add, or what all processors of the kind have.
    pub(super) fn widest(features: &IsaSet) -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let level = Level::new();
            let narrow = features.has(Isa::X86_64Avx2) && features.has(Isa::X86_64Fma);
            let wide = narrow && features.has(Isa::X86_64Avx512f);
            if let Some(processor) = level.as_avx512().filter(|_| wide) {
                return Self(processor.level());
            }
            if let Some(processor) = level.as_avx2().filter(|_| narrow) {
                return Self(processor.level());
            }
        }
        Self(Level::baseline())
    }

    /// Floats of a vector.
    pub(super) fn floats(self) -> usize {
        self.run(Floats)
    }

    /// Of 256 bits or more.
    pub(super) fn are_wide(self) -> bool {
        self.floats() >= 8
    }

    /// Does `work` with these vectors.
    pub(super) fn run<W: Work>(self, work: W) -> W::Output {
        dispatch!(self.0, simd => work.run(simd))
    }
}

/// Such vectors compute the same.
impl PartialEq for Vectors {
    fn eq(&self, other: &Self) -> bool {
        self.floats() == other.floats()
    }
}

impl Eq for Vectors {}

/// What is compiled for each kind of vectors. All of it must be inlined, or it is compiled for no vectors.
pub(super) trait Work {
    type Output;

    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

struct Floats;

impl Work for Floats {
    type Output = usize;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> usize {
        size_of::<S::f32s>() / size_of::<f32>()
    }
}

/// Whether this is an AMD Zen 3, 4 or 5, of which the last two have vectors of 512 bits.
#[cfg(target_arch = "x86_64")]
pub(super) fn is_zen3_to_5() -> bool {
    let processor = raw_cpuid::CpuId::new();
    let is_amd = processor
        .get_vendor_info()
        .is_some_and(|vendor| vendor.as_str() == "AuthenticAMD");
    let family = processor
        .get_feature_info()
        .map(|features| features.family_id());
    is_amd && matches!(family, Some(25 | 26))
}

/// It is another architecture.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn is_zen3_to_5() -> bool {
    false
}
