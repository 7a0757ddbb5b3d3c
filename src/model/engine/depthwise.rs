//! Depthwise convolution with the channels as the last axis.
//!
//! Each channel has a filter of its own, so that neighbouring channels are computed
//! alike, as one vector. tract 0.23.9 adds every product to a sum in memory and takes longer
//! (docs/network-compression.md).

use std::iter;
use std::ops::Range;

use fearless_simd::Simd;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::model::Rewriter;
use tract_onnx::tract_core::ops::cnn::{Conv, wire_reshape_bias_as_vector};
use tract_onnx::tract_core::ops::nn::DataFormat;

use super::processor::{Vectors, Work};
use super::relu::takes_relu;

/// Channels computed together: their sums fill half of the sixteen registers of four floats
/// that every x86-64 processor has.
const BLOCK: usize = 32;

/// Puts this operator in the place of the convolutions that it can compute: two-dimensional
/// ones of float32 whose groups are single channels, not dilated, of inputs of known shape,
/// with a block of channels or more.
pub(super) fn replace(model: &mut TypedModel, vectors: Vectors) -> TractResult<()> {
    Rewriter::default()
        .with_rule_for(
            "depthwise-channels-last",
            move |(), model, node, name, conv| channels_last(vectors, model, node, name, conv),
        )
        .rewrite(&(), model)
}

fn channels_last(
    vectors: Vectors,
    model: &TypedModel,
    node: &TypedNode,
    name: &str,
    conv: &Conv,
) -> TractResult<Option<TypedModelPatch>> {
    let fact = model.outlet_fact(node.inputs[0])?;
    rule_if_let!(Some(&[windows, channels, height, width]) = fact.shape.as_concrete());
    let spec = &conv.pool_spec;
    rule_if!(fact.datum_type == f32::datum_type() && conv.q_params.is_none());
    rule_if!(spec.data_format == DataFormat::NCHW);
    rule_if!(conv.group == channels && conv.output_channels() == channels);
    rule_if!(channels >= BLOCK);
    rule_if!(spec.dilations().iter().all(|&dilation| dilation == 1));

    let padding = spec.computed_padding(&[height, width]);
    rule_if!(padding.iter().all(|axis| axis.convoluted > 0));
    let strides = spec.strides();
    let axis = |index: usize, length| Axis {
        input: length,
        output: padding[index].convoluted,
        kernel: spec.kernel_shape[index],
        stride: strides[index],
        padding: padding[index].pad_before,
    };
    let op = Depthwise {
        windows,
        channels,
        rows: axis(0, height),
        columns: axis(1, width),
        relu: false,
        vectors,
    };

    let mut patch = TypedModelPatch::default();
    let inputs = patch.taps(model, &node.inputs)?;
    let to_last = AxisOp::Move(1, 3);
    let image = patch.wire_node(format!("{name}.channels_last"), to_last, &inputs[..1])?;
    let kernel = conv.wire_kernel_as_g_o_ihw(&mut patch, name, inputs[1])?;
    // Channels, 1, taps -> 1, taps, channels.
    let taps = patch.wire_node(format!("{name}.taps"), AxisOp::Move(0, 2), &kernel)?;
    let bias = wire_reshape_bias_as_vector(&mut patch, name, inputs[2], channels)?;
    let output = patch.wire_node(name, op, &[image[0], taps[0], bias[0]])?;
    let output = patch.wire_node(format!("{name}.channels"), AxisOp::Move(3, 1), &output)?;
    patch.shunt_outside(model, node.id.into(), output[0])?;
    Ok(Some(patch))
}

/// One spatial axis.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Axis {
    input: usize,
    output: usize,
    kernel: usize,
    stride: usize,
    /// Zeros before the input. How many follow it, `output` tells.
    padding: usize,
}

impl Axis {
    /// The taps that see the input at a position of the output, and where the first of
    /// these sees it.
    fn seen(&self, position: usize) -> (Range<usize>, usize) {
        let start = position * self.stride;
        let first = self.padding.saturating_sub(start);
        let end = (self.padding + self.input)
            .saturating_sub(start)
            .min(self.kernel);
        if first < end {
            (first..end, start + first - self.padding)
        } else {
            (0..0, 0)
        }
    }
}

/// The operator: image (windows x rows x columns x channels), taps (1 x taps x channels)
/// and bias (channels) to an image of as many channels.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Depthwise {
    windows: usize,
    channels: usize,
    rows: Axis,
    columns: Axis,
    /// Whether negative outputs become 0.
    relu: bool,
    vectors: Vectors,
}

impl Op for Depthwise {
    fn name(&self) -> StaticName {
        "DepthwiseChannelsLast".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Depthwise {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (image, taps, bias) = args_3!(inputs);
        let mut output = Tensor::zero::<f32>(&self.output_shape())?;
        let output_view = &mut output.try_as_plain_ram_mut()?;
        let evaluation = Evaluation {
            op: self,
            image: image.try_as_plain_ram()?.as_slice()?,
            taps: taps.try_as_plain_ram()?.as_slice()?,
            bias: bias.try_as_plain_ram()?.as_slice()?,
            output: output_view.as_slice_mut()?,
        };
        self.vectors.run(evaluation);
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for Depthwise {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let (rows, columns, channels) = (&self.rows, &self.columns, self.channels);
        let shapes: [&[usize]; 3] = [
            &[self.windows, rows.input, columns.input, channels],
            &[1, rows.kernel * columns.kernel, channels],
            &[channels],
        ];
        ensure!(inputs.len() == shapes.len());
        for (input, shape) in iter::zip(inputs, shapes) {
            let fits = input.shape.as_concrete() == Some(shape);
            ensure!(fits && input.datum_type == f32::datum_type());
        }
        Ok(tvec!(f32::fact(self.output_shape())))
    }

    fn fuse(&self, model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
        let op = Self {
            relu: true,
            ..self.clone()
        };
        takes_relu(model, node, op)
    }

    as_op!();
}

impl Depthwise {
    fn output_shape(&self) -> [usize; 4] {
        let (rows, columns) = (self.rows.output, self.columns.output);
        [self.windows, rows, columns, self.channels]
    }
}

struct Evaluation<'a> {
    op: &'a Depthwise,
    image: &'a [f32],
    taps: &'a [f32],
    bias: &'a [f32],
    output: &'a mut [f32],
}

impl Work for Evaluation<'_> {
    type Output = ();

    /// Left to the compiler.
    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self {
            op,
            image,
            taps,
            bias,
            output,
        } = self;
        let (rows, columns, channels) = (&op.rows, &op.columns, op.channels);
        let floor = if op.relu { 0.0 } else { f32::NEG_INFINITY };
        let mut seen = Vec::with_capacity(rows.kernel);
        let lines = output.chunks_exact_mut(columns.output * channels);
        for (line, output) in lines.enumerate() {
            let (window, row) = (line / rows.output, line % rows.output);
            let (tap_rows, y) = rows.seen(row);
            for (column, output) in output.chunks_exact_mut(channels).enumerate() {
                let (tap_columns, x) = columns.seen(column);
                let length = tap_columns.len() * channels;
                seen.clear();
                for (tap_row, y) in iter::zip(tap_rows.clone(), y..) {
                    let pixel = (window * rows.input + y) * columns.input + x;
                    let tap = tap_row * columns.kernel + tap_columns.start;
                    seen.push((
                        &image[pixel * channels..][..length],
                        &taps[tap * channels..][..length],
                    ));
                }
                weighted_sum(&seen, bias, floor, output);
            }
        }
    }
}

/// For each channel `c` the maximum of `floor` and the sum of `bias[c]` and all products of what
/// `lines` hold for the channel. Each line has pixels and taps, as many of both, `output.len()`
/// channels each.
#[inline(always)]
fn weighted_sum(lines: &[(&[f32], &[f32])], bias: &[f32], floor: f32, output: &mut [f32]) {
    let channels = output.len();
    for start in (0..channels).step_by(BLOCK) {
        // The last block overlaps the one before, so that it is a whole one, too.
        let start = start.min(channels - BLOCK);
        // In arrays, which the compiler keeps in vector registers.
        let mut sums = *block(bias, start);
        for (pixels, taps) in lines {
            for at in (start..pixels.len()).step_by(channels) {
                let products = iter::zip(block(pixels, at), block(taps, at));
                for (sum, (pixel, tap)) in iter::zip(&mut sums, products) {
                    *sum += pixel * tap;
                }
            }
        }
        for (output, sum) in iter::zip(&mut output[start..start + BLOCK], sums) {
            // Not `f32::max`, which would hide NaN, and takes as long as some products.
            *output = if floor > sum { floor } else { sum };
        }
    }
}

#[inline(always)]
fn block(values: &[f32], start: usize) -> &[f32; BLOCK] {
    values[start..].first_chunk().expect("a block is left")
}

#[cfg(test)]
mod tests {
    use proptest::array::uniform2;
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
    use tract_onnx::prelude::tract_ndarray::ArrayD;
    use tract_onnx::tract_core::ops::cnn::{KernelFormat, PaddingSpec, PoolSpec};
    use tract_onnx::tract_core::ops::math::max;

    use super::super::tests::{agree, constant, operators, optimised, run, values};
    use super::*;

    /// One depthwise convolution as ONNX has it, with the channels first, of an image that has
    /// them last.
    fn convolution(
        image: [usize; 4],
        kernel: [usize; 2],
        strides: [usize; 2],
        dilations: [usize; 2],
        padding: [[usize; 2]; 2],
        least: Option<Tensor>,
    ) -> TractResult<TypedModel> {
        let channels = image[3];
        let [before, after] = &padding;
        let mut model = TypedModel::default();
        let input = model.add_source("image", f32::fact(image))?;
        let taps = model.add_const("taps", values(&[channels, 1, kernel[0], kernel[1]], 3)?)?;
        let bias = model.add_const("bias", values(&[channels], 5)?)?;
        let conv = Conv {
            pool_spec: PoolSpec {
                data_format: DataFormat::NCHW,
                kernel_shape: kernel.as_slice().into(),
                padding: PaddingSpec::Explicit(before.as_slice().into(), after.as_slice().into()),
                dilations: Some(dilations.as_slice().into()),
                strides: Some(strides.as_slice().into()),
                input_channels: channels,
                output_channels: channels,
            },
            kernel_fmt: KernelFormat::OIHW,
            group: channels,
            q_params: None,
        };
        let input = model.wire_node("channels_first", AxisOp::Move(3, 1), &[input])?;
        let mut output = model.wire_node("conv", conv, &[input[0], taps, bias])?;
        if let Some(least) = least {
            let least = model.add_const("least", least)?;
            output = model.wire_node("max", max(), &[output[0], least])?;
        }
        output = model.wire_node("channels_last", AxisOp::Move(1, 3), &output)?;
        model.select_output_outlets(&output)?;
        Ok(model)
    }

    /// What a model says as it is optimised here, and as the engine runs it unchanged.
    fn with_and_without(
        model: TypedModel,
        image: &[usize],
    ) -> TractResult<(ArrayD<f32>, ArrayD<f32>)> {
        let image = values(image, 1)?;
        let unchanged = run(model.clone(), &image)?;
        Ok((run(optimised(model)?, &image)?, unchanged))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn says_what_the_engine_says(
            windows in 1..=3_usize,
            channels in BLOCK - 2..=2 * BLOCK + 6,
            size in uniform2(1..=7_usize),
            kernel in uniform2(1..=4_usize),
            strides in uniform2(1..=3_usize),
            dilations in uniform2(1..=2_usize),
            padding in uniform2(uniform2(0..=5_usize)),
            relu: bool,
        ) {
            let shape = [windows, size[0], size[1], channels];
            let zero = relu.then(|| constant(&[1; 4], 0.0));
            let model = convolution(shape, kernel, strides, dilations, padding, zero).unwrap();
            let (actual, expected) = with_and_without(model, &shape).unwrap();
            prop_assert_eq!(actual.shape(), expected.shape());
            prop_assert!(agree(&actual, &expected), "{actual} instead of {expected}");
        }
    }

    const IMAGE: [usize; 4] = [2, 6, 4, 40];

    /// 3 x 3 pixels per channel, position by position, with as many zeros on each side.
    fn three_by_three(image: [usize; 4], padding: usize, least: Option<Tensor>) -> TypedModel {
        convolution(image, [3; 2], [1; 2], [1; 2], [[padding; 2]; 2], least).unwrap()
    }

    #[test]
    fn takes_the_place_of_the_convolution_and_of_the_relu_that_follows() {
        let model = optimised(three_by_three(IMAGE, 1, Some(constant(&[1; 4], 0.0)))).unwrap();
        let operators = operators(&model);
        assert!(
            operators.contains(&"DepthwiseChannelsLast".into()),
            "{operators:?}"
        );
        let of_the_engine = |name: &String| name.contains("Max") || name == "DepthWiseConv";
        assert!(!operators.iter().any(of_the_engine), "{operators:?}");
    }

    #[test]
    fn leaves_a_maximum_that_is_no_relu() {
        let per_window = Tensor::from_shape(&[2, 1, 1, 1], &[0.0_f32, 5.0]).unwrap();
        for least in [per_window, constant(&[1; 4], 0.5)] {
            let model = three_by_three(IMAGE, 1, Some(least));
            let (actual, expected) = with_and_without(model, &IMAGE).unwrap();
            assert!(agree(&actual, &expected));
        }
    }

    #[test]
    fn does_not_hide_that_a_pixel_is_no_number() {
        for least in [None, Some(constant(&[1; 4], 0.0))] {
            let model = optimised(three_by_three(IMAGE, 1, least)).unwrap();
            let output = run(model, &constant(&IMAGE, f32::NAN)).unwrap();
            assert!(output.iter().all(|value| value.is_nan()));
        }
    }

    #[test]
    fn leaves_fewer_channels_than_a_block_and_empty_outputs_to_the_engine() {
        let few = three_by_three([1, 6, 4, BLOCK - 1], 1, None);
        let empty = three_by_three([1, 6, 2, 40], 0, None);
        for model in [few, empty] {
            let operators = operators(&optimised(model).unwrap());
            assert!(
                !operators.contains(&"DepthwiseChannelsLast".into()),
                "{operators:?}"
            );
        }
    }
}
