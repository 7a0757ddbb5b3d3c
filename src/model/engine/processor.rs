//! What the engine's kernels leave undone, or do not know, about x86-64 processors. The only
//! unsafe code written in this crate is here.

/// Marks the upper halves of the vector registers as unused, as every function should that
/// computes with more than 128 bits. Otherwise the processor keeps them for all code that
/// follows and was not built for them, which is most of this program and of tract: the
/// depthwise convolutions took twice as long on an AMD Zen 4. tract 0.23.9's matrix kernels
/// leave them in use. Source: Intel 64 and IA-32 Architectures Optimization Reference Manual,
/// "Mixing AVX code with SSE code".
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
pub(super) fn release_vector_registers() {
    use std::arch::x86_64::_mm256_zeroupper;

    #[target_feature(enable = "avx")]
    fn zero_upper() {
        _mm256_zeroupper();
    }
    if is_x86_feature_detected!("avx") {
        // SAFETY: the processor has the one feature that the function asks for.
        unsafe { zero_upper() };
    }
}

/// Other processors have no such state.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn release_vector_registers() {}

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
