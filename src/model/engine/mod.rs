//! What is done to a network between its file and its plan, for the sake of
//! start-up and speed, and what this program adds to the engine. Shared by
//! `benches/onnx.rs`.

mod depthwise;
mod processor;
mod tiles;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{EvalContext, OpState};
use tract_onnx::tract_core::ops::cnn::Conv;
use tract_onnx::tract_core::plan::eval;
use tract_onnx::tract_core::transform::get_transform;

/// Without tract's decluttering before: for networks that are already written for the engine it
/// takes half of the start-up and gains nothing (docs/network-compression.md). Those with
/// depthwise convolutions get the channels as the last axis, and a [`depthwise`] operator
/// that makes use of it.
pub(super) fn optimise(model: &mut TypedModel) -> TractResult<()> {
    let is_grouped = |node: &TypedNode| node.op_as::<Conv>().is_some_and(|conv| conv.group > 1);
    if model.nodes.iter().any(is_grouped) {
        depthwise::replace(model)?;
        get_transform("conv_nhwc")?
            .ok_or_else(|| TractError::msg("the engine cannot put channels last"))?
            .transform(model)?;
        model.declutter()?;
    }
    model.optimize()
}

/// [`eval`], for every node of a plan: leaves the processor as other code wants it.
pub(super) fn eval_cleanly(
    context: &EvalContext,
    state: Option<&mut (dyn OpState + 'static)>,
    node: &TypedNode,
    inputs: TVec<TValue>,
) -> TractResult<TVec<TValue>> {
    let outputs = eval(context, state, node, inputs);
    processor::release_vector_registers();
    outputs
}
