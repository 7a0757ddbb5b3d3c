//! Pointwise convolution (1 x 1, across channels) with the channels as the last axis.
//!
//! It is a matrix product, and tract 0.23.9 makes one of it: it copies the pixels into panels and leaves a ReLU to a
//! pass of its own kind. Here pixels are read where they are. Sums are made in tract's order, channel after channel,
//! with the same fused multiply-add.

use std::{array, iter};

use fearless_simd::{Simd, SimdBase as _};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::*;
use tract_onnx::tract_core::model::Rewriter;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, wire_reshape_bias_as_vector};
use tract_onnx::tract_core::ops::nn::DataFormat;

use super::processor::{Vectors, Work};
use super::products::{Rows, Sums, larger, load, store};
use super::relu::takes_relu;

/// Puts this operator in the place of the convolutions that it can compute: of float32, with constant weights, of one
/// pixel each, without groups, strides and padding, of inputs of known shape, for enough channels and pixels.
pub(super) fn replace(model: &mut TypedModel, vectors: Vectors) -> TractResult<()> {
    Rewriter::default()
        .with_rule_for(
            "pointwise-channels-last",
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
    rule_if_let!(Some(&[windows, inputs, height, width]) = fact.shape.as_concrete());
    rule_if_some!(weights = &model.outlet_fact(node.inputs[1])?.konst);
    let spec = &conv.pool_spec;
    rule_if!(fact.datum_type == f32::datum_type() && conv.q_params.is_none());
    rule_if!(spec.data_format == DataFormat::NCHW && conv.kernel_fmt == KernelFormat::OIHW);
    rule_if!(conv.group == 1 && spec.kernel_shape.iter().all(|&length| length == 1));
    rule_if!(spec.strides().iter().all(|&stride| stride == 1));
    let padding = spec.computed_padding(&[height, width]);
    rule_if!(
        padding
            .iter()
            .all(|axis| axis.pad_before + axis.pad_after == 0)
    );
    let op = Pointwise {
        pixels: [windows, height, width],
        inputs,
        outputs: conv.output_channels(),
        relu: false,
        vectors,
    };
    rule_if!(inputs > 0);
    rule_if!(op.pixels() >= Rows::with(vectors.floats()).half && op.outputs >= op.block());

    let plain = weights.try_as_plain_ram()?.as_slice::<f32>()?;
    let packed = tensor1(&op.pack(plain));
    let mut patch = TypedModelPatch::default();
    let inputs = patch.taps(model, &node.inputs)?;
    let to_last = AxisOp::Move(1, 3);
    let image = patch.wire_node(format!("{name}.channels_last"), to_last, &inputs[..1])?;
    let packed = patch.add_const(format!("{name}.packed"), packed)?;
    let bias = wire_reshape_bias_as_vector(&mut patch, name, inputs[2], op.outputs)?;
    let output = patch.wire_node(name, op, &[image[0], packed, bias[0]])?;
    let output = patch.wire_node(format!("{name}.channels"), AxisOp::Move(3, 1), &output)?;
    patch.shunt_outside(model, node.id.into(), output[0])?;
    Ok(Some(patch))
}

/// The operator: image (windows x rows x columns x channels), weights (by [`Pointwise::pack`]) and bias to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pointwise {
    /// Windows, rows, columns.
    pixels: [usize; 3],
    inputs: usize,
    outputs: usize,
    /// Whether negative outputs become 0.
    relu: bool,
    vectors: Vectors,
}

impl Op for Pointwise {
    fn name(&self) -> StaticName {
        "PointwiseChannelsLast".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Pointwise {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (image, weights, bias) = args_3!(inputs);
        let mut output = Tensor::zero::<f32>(&self.shape(self.outputs))?;
        self.vectors.run(Evaluation {
            op: self,
            image: image.try_as_plain_ram()?.as_slice()?,
            weights: weights.try_as_plain_ram()?.as_slice()?,
            bias: bias.try_as_plain_ram()?.as_slice()?,
            output: output.try_as_plain_ram_mut()?.as_slice_mut()?,
        });
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for Pointwise {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shapes: [&[usize]; 3] = [
            &self.shape(self.inputs),
            &[self.starts().len() * self.inputs * self.block()],
            &[self.outputs],
        ];
        ensure!(inputs.len() == shapes.len());
        for (input, shape) in iter::zip(inputs, shapes) {
            let fits = input.shape.as_concrete() == Some(shape);
            ensure!(fits && input.datum_type == f32::datum_type());
        }
        Ok(tvec!(f32::fact(self.shape(self.outputs))))
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

impl Pointwise {
    fn pixels(&self) -> usize {
        self.pixels.iter().product()
    }

    fn shape(&self, channels: usize) -> [usize; 4] {
        let [windows, height, width] = self.pixels;
        [windows, height, width, channels]
    }

    /// Output channels computed together: two vectors.
    fn block(&self) -> usize {
        2 * self.vectors.floats()
    }

    /// The first channels of the blocks. The last block overlaps the one before, so that it is a whole one, too.
    fn starts(&self) -> impl ExactSizeIterator<Item = usize> + use<> {
        let (block, last) = (self.block(), self.outputs - self.block());
        (0..self.outputs)
            .step_by(block)
            .map(move |start| start.min(last))
    }

    /// `weights` (outputs x inputs) block after block, in each of them input after input for all its outputs.
    fn pack(&self, weights: &[f32]) -> Vec<f32> {
        let (inputs, block) = (self.inputs, self.block());
        let mut packed = vec![0.0; self.starts().len() * inputs * block];
        for (start, packed) in iter::zip(self.starts(), packed.chunks_exact_mut(inputs * block)) {
            let of_block = weights.chunks_exact(inputs).skip(start).take(block);
            for (output, of_output) in of_block.enumerate() {
                for (packed, weight) in iter::zip(packed.chunks_exact_mut(block), of_output) {
                    packed[output] = *weight;
                }
            }
        }
        packed
    }
}

struct Evaluation<'a> {
    op: &'a Pointwise,
    image: &'a [f32],
    weights: &'a [f32],
    bias: &'a [f32],
    output: &'a mut [f32],
}

impl Work for Evaluation<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        match S::f32s::LEN {
            16 => self.convolve::<S, { Rows::with(16).whole }, { Rows::with(16).half }>(simd),
            8 => self.convolve::<S, { Rows::with(8).whole }, { Rows::with(8).half }>(simd),
            _ => unreachable!("narrower vectors are left to the engine"),
        }
    }
}

impl Evaluation<'_> {
    #[inline(always)]
    fn convolve<S: Simd, const WHOLE: usize, const HALF: usize>(mut self, simd: S) {
        let (inputs, pixels) = (self.op.inputs, self.op.pixels());
        let blocks = self.weights.chunks_exact(inputs * 2 * S::f32s::LEN);
        for (channel, weights) in iter::zip(self.op.starts(), blocks) {
            let mut pixel = 0;
            while pixel < pixels {
                // The last pixels overlap those before, as the channels do.
                if pixels - pixel > HALF && pixels >= WHOLE {
                    let start = pixel.min(pixels - WHOLE);
                    let seen = &self.image[start * inputs..];
                    let sums = sums::<S, WHOLE>(simd, seen, inputs, weights);
                    self.write(simd, sums, start, channel);
                    pixel = start + WHOLE;
                } else {
                    let start = pixel.min(pixels - HALF);
                    let seen = &self.image[start * inputs..];
                    let sums = sums::<S, HALF>(simd, seen, inputs, weights);
                    self.write(simd, sums, start, channel);
                    pixel = start + HALF;
                }
            }
        }
    }

    #[inline(always)]
    fn write<S: Simd, const PIXELS: usize>(
        &mut self,
        simd: S,
        sums: Sums<S, PIXELS>,
        pixel: usize,
        channel: usize,
    ) {
        let floor = if self.op.relu { 0.0 } else { f32::NEG_INFINITY };
        let floor = S::f32s::splat(simd, floor);
        for (pixel, sums) in (pixel..).zip(sums.0) {
            let at = pixel * self.op.outputs + channel;
            for (part, sums) in [0, S::f32s::LEN].into_iter().zip(sums) {
                let values = sums + load(simd, self.bias, channel + part);
                store::<S>(larger::<S>(floor, values), self.output, at + part);
            }
        }
    }
}

/// For each of some pixels and each output channel of a block, the sum over the channels of the image.
#[inline(always)]
fn sums<S: Simd, const PIXELS: usize>(
    simd: S,
    image: &[f32],
    inputs: usize,
    weights: &[f32],
) -> Sums<S, PIXELS> {
    let pixels: [&[f32]; PIXELS] = array::from_fn(|pixel| &image[pixel * inputs..][..inputs]);
    let mut sums = Sums::zero(simd);
    for (input, weights) in weights.chunks_exact(2 * S::f32s::LEN).enumerate() {
        let weights = [load(simd, weights, 0), load(simd, weights, S::f32s::LEN)];
        sums.add(simd, |pixel| pixels[pixel][input], weights);
    }
    sums
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
    use tract_onnx::tract_core::ops::math::max;
    use tract_onnx::tract_core::tract_linalg::isa::native;

    use super::super::tests::{Convolution, agree, constant, operators, optimised, run, values};
    use super::*;

    const NAME: &str = "PointwiseChannelsLast";

    /// Of an image that has its channels last, to one that has, as between two such convolutions.
    fn pointwise(image: [usize; 4], filters: usize, relu: bool) -> TractResult<TypedModel> {
        let [windows, rows, columns, channels] = image;
        let convolution = Convolution::pointwise([windows, channels, rows, columns], filters);
        let mut model = TypedModel::default();
        let input = model.add_source("image", f32::fact(image))?;
        let input = model.wire_node("channels_first", AxisOp::Move(3, 1), &[input])?;
        let mut output = tvec!(convolution.wire(&mut model, input[0])?);
        if relu {
            let least = model.add_const("least", constant(&[1; 4], 0.0))?;
            output = model.wire_node("max", max(), &[output[0], least])?;
        }
        output = model.wire_node("channels_last", AxisOp::Move(1, 3), &output)?;
        model.select_output_outlets(&output)?;
        Ok(model)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn says_what_the_engine_says(
            windows in 1..=3_usize,
            channels in 1..=40_usize,
            rows in 1..=5_usize,
            columns in 1..=5_usize,
            filters in 1..=80_usize,
            relu: bool,
        ) {
            let image = [windows, rows, columns, channels];
            let model = pointwise(image, filters, relu).unwrap();
            let input = values(&image, 1).unwrap();
            let expected = run(model.clone(), &input).unwrap();
            let ours = optimised(model).unwrap();
            let vectors = Vectors::widest(&native());
            let pixels = windows * rows * columns;
            let fits = vectors.are_wide()
                && filters >= 2 * vectors.floats()
                && pixels >= Rows::with(vectors.floats()).half;
            prop_assert_eq!(operators(&ours).contains(&NAME.into()), fits);
            let actual = run(ours, &input).unwrap();
            prop_assert_eq!(actual.shape(), expected.shape());
            prop_assert!(agree(&actual, &expected), "{actual} instead of {expected}");
        }
    }

    #[test]
    fn does_not_hide_that_a_pixel_is_no_number() {
        let image = [1, 5, 4, 20];
        for relu in [false, true] {
            let model = optimised(pointwise(image, 64, relu).unwrap()).unwrap();
            let output = run(model, &constant(&image, f32::NAN)).unwrap();
            assert!(output.iter().all(|value| value.is_nan()));
        }
    }
}
