//! What is done to a network between its file and its plan, for the sake of
//! start-up and speed. `benches/onnx.rs` shares it.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::Conv;
use tract_onnx::tract_core::transform::get_transform;

/// Without tract's decluttering before: for networks that are already written for the engine it
/// takes half of the start-up and gains nothing (docs/network-compression.md). Those with
/// depthwise convolutions take half of the time with the channels as the last axis, as the
/// engine's kernel for these wants them.
pub(super) fn optimise(model: &mut TypedModel) -> TractResult<()> {
    let is_grouped = |node: &TypedNode| node.op_as::<Conv>().is_some_and(|conv| conv.group > 1);
    if model.nodes.iter().any(is_grouped) {
        get_transform("conv_nhwc")?
            .ok_or_else(|| TractError::msg("the engine cannot put channels last"))?
            .transform(model)?;
        model.declutter()?;
    }
    model.optimize()
}
