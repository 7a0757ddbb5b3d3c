//! A ReLU as part of the operator before it.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::ops::binary::OptBinByScalar;
use tract_onnx::tract_core::tract_linalg::BinOp;

/// Puts `with_relu` in the place of `node` and of the ReLU that follows it, if one does.
pub(super) fn takes_relu(
    model: &TypedModel,
    node: &TypedNode,
    with_relu: impl Into<Box<dyn TypedOp>>,
) -> TractResult<Option<TypedModelPatch>> {
    rule_if_some!(next = model.single_succ(node.id)?);
    rule_if_some!(by_scalar = next.op_as::<OptBinByScalar>());
    // The values of a constant if they are all the same.
    rule_if_some!(value = &model.outlet_fact(next.inputs[1])?.uniform);
    rule_if!(by_scalar.linalg_op == BinOp::Max && value.cast_to_scalar::<f32>()? == 0.0);
    rule_if!(!model.output_outlets()?.contains(&node.id.into()));
    let mut patch = TypedModelPatch::default();
    let inputs = patch.taps(model, &node.inputs)?;
    let output = patch.wire_node(&next.name, with_relu, &inputs)?;
    patch.shunt_outside(model, next.id.into(), output[0])?;
    Ok(Some(patch))
}
