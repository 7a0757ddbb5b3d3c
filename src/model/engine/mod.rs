//! What this program adds to its inference engine, tract 0.23.9, and why. Behind the feature
//! `engine-internals` also for `benches/onnx.rs`.
//!
//! | file | what it replaces in tract | for which processors |
//! |---|---|---|
//! | `direct.rs`, `direct_kernel.rs` | convolutions along time, which copy their input into a matrix; the maximum after them | x86-64 with AVX2 |
//! | `pointwise.rs` | convolutions of one pixel, the same, with the channels last; the ReLU after them | x86-64 with AVX2 |
//! | `depthwise.rs` | `DepthWiseConv`, which adds every product to a sum in memory; the ReLU after it | all |
//! | `tiles.rs` | the choice of the matrix kernel for what is left, by a cost model of a Zen 5 | AMD Zen 4 and 5 |
//! | `processor.rs` | a `vzeroupper` that its matrix kernels owe their callers | x86-64 with AVX2 |
//!
//! `products.rs` has the sums in vector registers that the first two are made of, by way of the crate
//! `fearless_simd`, so that nothing here is unsafe. All of it together takes 0.4 to 0.8 of the time of tract alone.
//! The figures, with what was tried beside, are in docs/network-compression.md, "What the engine is
//! given". Answers stay the same but for rounding: `tests/engine.rs` compares the
//! program with and without all of it, and with kernels of 512, 256 and 128 bits.
//!
//! **Off at run time**: `FMA_GENRE_ENGINE=plain` leaves tract as it is (`additions.rs`). Its own variable
//! `TRACT_CPU_ISA=-avx512f` takes kernels away that a processor would have.
//!
//! **How it gets in.** `network.rs` calls [`optimise`] when it loads a network and hands [`eval_cleanly`] to the
//! plan. The tile rule alone is not called from here: `inventory::submit!` in `tiles.rs` puts it into tract's
//! list of rules when the program is linked, above all of tract's own, and tract asks it when
//! a matrix product is planned.
//!
//! **What would make it unnecessary**, each in a form that tract could take:
//! kernels that read the input of a convolution where it is; a depthwise kernel that keeps a block of channels in registers, for `conv_nhwc`; a cost model
//! of its own for Zen 4, which differs from Zen 5 by loading 512 bits only once per cycle; `vzeroupper` at the
//! end of the x86-64 kernels, as the ABI asks; docs/engine-proposal.md has the designs. The tests of `tiles.rs` notice if tract renames the
//! kernel; the property tests of the operators compare with tract's.

mod additions;
mod depthwise;
mod direct;
mod direct_kernel;
mod pointwise;
mod processor;
mod products;
mod relu;
#[cfg(test)]
mod tests;
mod tiles;

pub(super) use additions::check as check_setting;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{EvalContext, OpState};
use tract_onnx::tract_core::plan::eval;
use tract_onnx::tract_core::tract_linalg::isa::native;
use tract_onnx::tract_core::transform::get_transform;

use processor::Vectors;

/// What is done to a network between its file and its plan, for the sake of start-up and speed.
///
/// Without tract's decluttering before: for networks that are already written for the engine it
/// takes half of the start-up and gains nothing (docs/network-compression.md). With `channels_last`, which
/// `model.json` says of networks of depthwise convolutions, the channels become the last axis, and the
/// operators of [`depthwise`] and [`pointwise`] make use of it.
pub fn optimise(model: &mut TypedModel, channels_last: bool) -> TractResult<()> {
    if !additions::are_used() {
        return model.optimize();
    }
    let vectors = Vectors::widest(&native());
    if channels_last {
        depthwise::replace(model, vectors)?;
        if vectors.are_wide() {
            pointwise::replace(model, vectors)?;
        }
        get_transform("conv_nhwc")?
            .ok_or_else(|| TractError::msg("the engine cannot put channels last"))?
            .transform(model)?;
        model.declutter()?;
    }
    if vectors.are_wide() {
        direct::replace(model, vectors)?;
    }
    model.optimize()
}

/// [`eval`], for every node of a plan: leaves the processor as other code wants it.
pub fn eval_cleanly(
    context: &EvalContext,
    state: Option<&mut (dyn OpState + 'static)>,
    node: &TypedNode,
    inputs: TVec<TValue>,
) -> TractResult<TVec<TValue>> {
    let outputs = eval(context, state, node, inputs);
    if additions::are_used() {
        processor::release_vector_registers();
    }
    outputs
}
