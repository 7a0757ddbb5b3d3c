//! The tiles of matrix products on AMD Zen 4 and 5.
//!
//! tract 0.23.9 chooses among its kernels for AMD by what they took on a Zen 5, whose
//! units have 512 bits. Zen 4 has 256, and loads 512 bits once per cycle: tiles of 16 x 12,
//! with 13 loads for 12 products, wait for loads, tiles of 32 x 6, with 8, do not
//! (docs/network-compression.md). A Zen 5 loads twice per cycle and multiplies twice: there the 13 loads are half a cycle too
//! many, and the other tiles take 2 % off both models.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::inventory;
use tract_onnx::tract_core::tract_linalg::isa::{Arch, Isa, IsaSet};
use tract_onnx::tract_core::tract_linalg::mmm::{Query, Suitable};
use tract_onnx::tract_core::tract_linalg::mmm_tiers::MmmTier;

use super::additions;
use super::processor::is_zen3_to_5;

const KERNEL: &str = "avx512_mmm_f32_32x6";
const ROWS: usize = 32;
/// With fewer columns than two tiles have others may be better; none was measured.
const COLUMNS: usize = 12;

inventory::submit! {
    MmmTier {
        arch: Some(Arch::X86_64),
        // Above all of tract's own.
        precedence: u8::MAX,
        name: "zen",
        applies: is_zen4_or_5,
        preferred,
    }
}

fn is_zen4_or_5(features: &IsaSet) -> bool {
    additions::are_used() && features.has(Isa::X86_64Avx512f) && is_zen3_to_5()
}

/// tract takes no notice of a name that is not among the kernels that suit the product.
fn preferred(_: &IsaSet, of: DatumType, query: &Query, _: &[Suitable]) -> Option<&'static str> {
    let is_large = query.m? >= ROWS && query.n? >= COLUMNS;
    (is_large && of == DatumType::F32).then_some(KERNEL)
}

#[cfg(test)]
mod tests {
    use tract_onnx::tract_core::tract_linalg::MmmDispatch;
    use tract_onnx::tract_core::tract_linalg::isa::native;

    use super::*;

    #[test]
    fn zen_4_and_5_and_no_other_processor_get_these_tiles() {
        let dispatch = MmmDispatch::native();
        let applies = is_zen4_or_5(&native());
        assert_eq!(dispatch.tiers()[0].name == "zen", applies);
        let large = Query::plain(DatumType::F32, Some(512), Some(512), Some(48));
        let (chosen, ..) = dispatch.pick(&large).unwrap();
        assert!(!applies || chosen.name() == KERNEL);
    }

    #[test]
    fn small_and_unknown_products_are_left_to_the_engine() {
        for (rows, columns) in [
            (Some(16), Some(48)),
            (Some(512), Some(2)),
            (None, Some(48)),
            (Some(512), None),
        ] {
            let query = Query::plain(DatumType::F32, rows, Some(512), columns);
            assert_eq!(preferred(&native(), DatumType::F32, &query, &[]), None);
        }
    }

    /// Should tract rename it, nothing else would tell.
    #[test]
    fn the_kernel_exists_where_it_can_run() {
        let dispatch = MmmDispatch::native();
        let of_512_bits = |name: &str| name.starts_with("avx512_mmm_f32");
        let mut names = dispatch.runnable().iter().map(|kernel| kernel.name());
        let any_512 = names.clone().any(of_512_bits);
        assert_eq!(names.any(|name| name == KERNEL), any_512);
    }
}
