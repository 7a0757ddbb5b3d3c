//! Convolutions along the last axis, without the matrix that tract 0.23.9 makes of their input.
//!
//! tract copies the input once per tap into panels of a few columns each (im2col) and multiplies matrices: for the
//! convolutions of musicnn, which have few filters, that copying and what
//! surrounds it take up to half of the time (docs/network-compression.md). [`direct_kernel`](super::direct_kernel)
//! reads the input where it is. Sums are made in tract's order, channels and within these taps, with the same
//! fused multiply-add: the answers are the same bytes as with tract's kernels for the same processor.

use std::cell::RefCell;
use std::collections::HashMap;
use std::iter;
use std::rc::Rc;
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::model::Rewriter;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, wire_reshape_bias_as_vector};
use tract_onnx::tract_core::ops::math::Max;
use tract_onnx::tract_core::ops::nn::DataFormat;

use super::direct_kernel::{Convolution, Shape, Steps, pack};
use super::processor::Vectors;

/// Puts this operator in the place of the convolutions that it can compute: of float32, with constant weights, of one
/// window, neither grouped nor dilated, with a kernel of one position along every axis but the last of one or two, and with
/// a vector of outputs or more along that. It takes over the maximum with another tensor that follows.
pub(super) fn replace(model: &mut TypedModel, vectors: Vectors) -> TractResult<()> {
    let packed = Packed::default();
    Rewriter::default()
        .with_rule_for("direct-convolution", move |(), model, node, name, conv| {
            along_last_axis(vectors, &packed, model, node, name, conv)
        })
        .with_rule_for("direct-convolution-maximum", with_maximum)
        .rewrite(&(), model)
}

/// Weights as they are in the network, which several convolutions share, and as the kernel takes them.
type Packed = Rc<RefCell<HashMap<*const Tensor, [Arc<Tensor>; 2]>>>;

fn along_last_axis(
    vectors: Vectors,
    packed: &Packed,
    model: &TypedModel,
    node: &TypedNode,
    name: &str,
    conv: &Conv,
) -> TractResult<Option<TypedModelPatch>> {
    let fact = model.outlet_fact(node.inputs[0])?;
    rule_if_some!(image = fact.shape.as_concrete());
    rule_if_some!(weights = &model.outlet_fact(node.inputs[1])?.konst);
    let spec = &conv.pool_spec;
    rule_if!(fact.datum_type == f32::datum_type() && conv.q_params.is_none());
    rule_if!(spec.data_format == DataFormat::NCHW && conv.kernel_fmt == KernelFormat::OIHW);
    rule_if!(conv.group == 1 && image[0] == 1);
    rule_if!(spec.dilations().iter().all(|&dilation| dilation == 1));
    let (lengths, kernel, strides) = (&image[2..], &spec.kernel_shape, spec.strides());
    rule_if!(
        iter::chain(kernel, &*strides)
            .chain(image)
            .all(|&length| length > 0)
    );
    rule_if!(conv.output_channels() > 0);
    let padding = spec.computed_padding(lengths);
    rule_if_some!(last = lengths.len().checked_sub(1));
    // Rows, if there are any.
    rule_if!(last <= 1 && kernel[..last].iter().all(|&length| length == 1));
    rule_if!(
        padding[..last]
            .iter()
            .all(|axis| axis.pad_before + axis.pad_after == 0)
    );
    rule_if!(padding[last].convoluted >= vectors.floats());

    let shape = Shape {
        channels: image[1],
        input_rows: lengths[..last].iter().product(),
        rows: padding[..last].iter().map(|axis| axis.convoluted).product(),
        row_stride: strides[..last].iter().product(),
        input: lengths[last],
        output: padding[last].convoluted,
        filters: conv.output_channels(),
        taps: kernel[last],
        stride: strides[last],
        padding: padding[last].pad_before,
    };
    let [_, weights] = packed_once(packed, weights, shape.filters, vectors)?;
    let mut output_shape: TVec<usize> = tvec![1, shape.filters];
    output_shape.extend(padding.iter().map(|axis| axis.convoluted));
    let mut patch = TypedModelPatch::default();
    let inputs = patch.taps(model, &node.inputs)?;
    let weights = patch.add_const(format!("{name}.packed"), weights)?;
    let bias = wire_reshape_bias_as_vector(&mut patch, name, inputs[2], shape.filters)?;
    let op = DirectConvolution {
        steps: Arc::new(shape.steps(vectors.floats())),
        shape,
        output_shape,
        vectors,
    };
    let output = patch.wire_node(name, op, &[inputs[0], weights, bias[0]])?;
    patch.shunt_outside(model, node.id.into(), output[0])?;
    Ok(Some(patch))
}

fn packed_once(
    packed: &Packed,
    weights: &Arc<Tensor>,
    filters: usize,
    vectors: Vectors,
) -> TractResult<[Arc<Tensor>; 2]> {
    let mut all = packed.borrow_mut();
    if let Some(both) = all.get(&Arc::as_ptr(weights)) {
        return Ok(both.clone());
    }
    let plain = weights.try_as_plain_ram()?.as_slice::<f32>()?;
    let in_order = tensor1(&pack(plain, filters, vectors.floats()));
    let both = [Arc::clone(weights), Arc::new(in_order)];
    all.insert(Arc::as_ptr(weights), both.clone());
    Ok(both)
}

/// Takes the maximum over from the operator that follows.
fn with_maximum(
    (): &(),
    model: &TypedModel,
    node: &TypedNode,
    name: &str,
    binary: &TypedBinOp,
) -> TractResult<Option<TypedModelPatch>> {
    rule_if!(binary.0.is::<Max>());
    let is_fit = |side: usize| {
        let outlet = node.inputs[side];
        let conv = model.node(outlet.node);
        let of_op = conv.op_as::<DirectConvolution>();
        // The one with fewest inputs has no maximum yet.
        of_op.is_some_and(|op| {
            conv.inputs.len() == 3
                && conv.outputs[0].successors.len() == 1
                && !model
                    .output_outlets()
                    .is_ok_and(|all| all.contains(&outlet))
                && model
                    .outlet_fact(node.inputs[1 - side])
                    .is_ok_and(|fact| op.gives(fact))
        })
    };
    rule_if_some!(side = [1, 0].into_iter().find(|&side| is_fit(side)));
    let conv = model.node(node.inputs[side].node);
    let mut patch = TypedModelPatch::default();
    let mut inputs = patch.taps(model, &conv.inputs)?;
    inputs.extend(patch.taps(model, &[node.inputs[1 - side]])?);
    let output = patch.wire_node(name, conv.op.clone(), &inputs)?;
    patch.shunt_outside(model, node.id.into(), output[0])?;
    Ok(Some(patch))
}

/// The operator: image, weights (by [`pack`]) and bias to an image, or to the maximum of that and a fourth input.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DirectConvolution {
    shape: Shape,
    steps: Arc<Steps>,
    output_shape: TVec<usize>,
    vectors: Vectors,
}

impl DirectConvolution {
    fn gives(&self, fact: &TypedFact) -> bool {
        fact.datum_type == f32::datum_type() && fact.shape.as_concrete() == Some(&self.output_shape)
    }
}

impl Op for DirectConvolution {
    fn name(&self) -> StaticName {
        "DirectConvolution".into()
    }

    op_as_typed_op!();
}

impl EvalOp for DirectConvolution {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, mut inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let with_maximum = inputs.len() == 4;
        let mut output = if with_maximum {
            inputs.remove(3).into_tensor()
        } else {
            Tensor::zero::<f32>(&self.output_shape)?
        };
        self.vectors.run(Convolution {
            shape: &self.shape,
            steps: &self.steps,
            image: inputs[0].try_as_plain_ram()?.as_slice()?,
            weights: inputs[1].try_as_plain_ram()?.as_slice()?,
            bias: inputs[2].try_as_plain_ram()?.as_slice()?,
            output: output.try_as_plain_ram_mut()?.as_slice_mut()?,
            with_maximum,
        });
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for DirectConvolution {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        ensure!((3..=4).contains(&inputs.len()));
        let Shape {
            channels,
            input_rows,
            input,
            filters,
            ..
        } = self.shape;
        let weights = self.shape.packed(self.vectors.floats());
        let counts = [channels * input_rows * input, weights, filters];
        for (fact, count) in iter::zip(inputs, counts) {
            ensure!(fact.datum_type == f32::datum_type());
            ensure!(fact.shape.volume().to_usize()? == count);
        }
        ensure!(inputs.get(3).is_none_or(|fact| self.gives(fact)));
        Ok(tvec!(f32::fact(&self.output_shape)))
    }

    as_op!();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
    use tract_onnx::tract_core::ops::math::max;
    use tract_onnx::tract_core::tract_linalg::isa::{Isa, IsaSet, native};

    use super::super::tests::{Convolution, agree, constant, operators, run, values};
    use super::*;

    /// A convolution along the last axis, `maximum` of these and its output afterwards.
    fn along_time(of: &Convolution, maximum: Option<Tensor>) -> TractResult<TypedModel> {
        let mut model = of.model()?;
        if let Some(maximum) = maximum {
            let output = model.output_outlets()?[0];
            let other = model.add_const("other", maximum)?;
            let output = model.wire_node("max", max(), &[other, output])?;
            model.select_output_outlets(&output)?;
        }
        Ok(model)
    }

    fn optimised(mut model: TypedModel, vectors: Vectors) -> TractResult<TypedModel> {
        if vectors.are_wide() {
            replace(&mut model, vectors)?;
        }
        model.optimize()?;
        Ok(model)
    }

    const NAME: &str = "DirectConvolution";

    fn is_ours(model: &TypedModel) -> bool {
        operators(model).contains(&NAME.into())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn says_what_the_engine_says(
            channels in 1..=4_usize,
            filters in 1..=20_usize,
            rows in 1..=4_usize,
            row_stride in 1..=3_usize,
            frames in 1..=70_usize,
            taps in 1..=8_usize,
            stride in 1..=3_usize,
            padding in proptest::array::uniform2(0..=9_usize),
            with_maximum: bool,
            is_narrow: bool,
        ) {
            let of = Convolution {
                image: [1, channels, rows, frames],
                filters,
                kernel: [1, taps],
                strides: [row_stride, stride],
                padding: [[0, padding[0]], [0, padding[1]]],
            };
            let shape = of.output_shape();
            proptest::prop_assume!(shape.is_some());
            let maximum = with_maximum.then(|| values(&shape.unwrap(), 11).unwrap());
            let model = along_time(&of, maximum).unwrap();
            let features = if is_narrow { narrow() } else { native() };
            let vectors = Vectors::widest(&features);
            let image = values(&of.image, 1).unwrap();
            let expected = run(model.clone(), &image).unwrap();
            let ours = optimised(model, vectors).unwrap();
            let fits = vectors.are_wide() && shape.unwrap()[3] >= vectors.floats();
            prop_assert_eq!(is_ours(&ours), fits);
            let actual = run(ours, &image).unwrap();
            prop_assert_eq!(actual.shape(), expected.shape());
            prop_assert!(agree(&actual, &expected), "{actual} instead of {expected}");
        }
    }

    /// The vectors of a processor without AVX-512.
    fn narrow() -> IsaSet {
        native().without(Isa::X86_64Avx512f)
    }

    const TIME: Convolution = Convolution {
        image: [1, 3, 2, 40],
        filters: 13,
        kernel: [1, 7],
        strides: [1; 2],
        padding: [[0, 3]; 2],
    };

    #[test]
    fn takes_the_maximum_over_whichever_comes_first() {
        let vectors = Vectors::widest(&native());
        let other = constant(&TIME.output_shape().unwrap(), 0.5);
        let ours = optimised(along_time(&TIME, Some(other)).unwrap(), vectors).unwrap();
        assert_eq!(is_ours(&ours), vectors.are_wide());
        let has_max = operators(&ours).iter().any(|name| name.contains("Max"));
        assert_eq!(has_max, !vectors.are_wide());
    }

    #[test]
    fn leaves_a_maximum_of_another_shape() {
        let vectors = Vectors::widest(&native());
        let model = along_time(&TIME, Some(constant(&[1; 4], 0.5))).unwrap();
        let image = values(&TIME.image, 1).unwrap();
        let expected = run(model.clone(), &image).unwrap();
        let actual = run(optimised(model, vectors).unwrap(), &image).unwrap();
        assert!(agree(&actual, &expected));
    }

    #[test]
    fn does_not_hide_that_a_frame_is_no_number() {
        let vectors = Vectors::widest(&native());
        for maximum in [None, Some(constant(&TIME.output_shape().unwrap(), 0.5))] {
            let model = optimised(along_time(&TIME, maximum).unwrap(), vectors).unwrap();
            let output = run(model, &constant(&TIME.image, f32::NAN)).unwrap();
            assert!(output.iter().all(|value| value.is_nan()));
        }
    }

    #[test]
    fn leaves_windows_groups_of_rows_and_dilation_to_the_engine() {
        let vectors = Vectors::widest(&native());
        let several_windows = Convolution {
            image: [2, 3, 2, 40],
            ..TIME
        };
        let over_rows = Convolution {
            kernel: [2, 7],
            ..TIME
        };
        let padded_rows = Convolution {
            padding: [[1, 3]; 2],
            ..TIME
        };
        for other in [several_windows, over_rows, padded_rows] {
            let ours = optimised(along_time(&other, None).unwrap(), vectors).unwrap();
            assert!(!is_ours(&ours), "{other:?}");
        }
    }
}
