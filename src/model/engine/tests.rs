//! What the tests of the operators share.

use std::iter;

use tract_onnx::prelude::tract_ndarray::ArrayD;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, PaddingSpec, PoolSpec};
use tract_onnx::tract_core::ops::nn::DataFormat;

/// A convolution as ONNX has it, of one group, with made-up weights and bias.
#[derive(Debug, Clone, Copy)]
pub(super) struct Convolution {
    /// Windows, channels, rows, columns.
    pub(super) image: [usize; 4],
    pub(super) filters: usize,
    pub(super) kernel: [usize; 2],
    pub(super) strides: [usize; 2],
    /// Before the first row and column, and after the last.
    pub(super) padding: [[usize; 2]; 2],
}

impl Convolution {
    /// Of one pixel each.
    pub(super) fn pointwise(image: [usize; 4], filters: usize) -> Self {
        Self {
            image,
            filters,
            kernel: [1; 2],
            strides: [1; 2],
            padding: [[0; 2]; 2],
        }
    }

    /// Nothing if the kernel is larger than the padded image.
    pub(super) fn output_shape(&self) -> Option<[usize; 4]> {
        let length = |axis: usize| {
            let padded = self.image[axis + 2] + self.padding[0][axis] + self.padding[1][axis];
            Some(padded.checked_sub(self.kernel[axis])? / self.strides[axis] + 1)
        };
        Some([self.image[0], self.filters, length(0)?, length(1)?])
    }

    pub(super) fn model(&self) -> TractResult<TypedModel> {
        let mut model = TypedModel::default();
        let input = model.add_source("image", f32::fact(self.image))?;
        let output = self.wire(&mut model, input)?;
        model.select_output_outlets(&[output])?;
        Ok(model)
    }

    pub(super) fn wire(&self, model: &mut TypedModel, input: OutletId) -> TractResult<OutletId> {
        let [before, after] = &self.padding;
        let channels = self.image[1];
        let weights = [self.filters, channels, self.kernel[0], self.kernel[1]];
        let weights = model.add_const("weights", values(&weights, 3)?)?;
        let bias = model.add_const("bias", values(&[self.filters], 5)?)?;
        let conv = Conv {
            pool_spec: PoolSpec {
                data_format: DataFormat::NCHW,
                kernel_shape: self.kernel.as_slice().into(),
                padding: PaddingSpec::Explicit(before.as_slice().into(), after.as_slice().into()),
                dilations: None,
                strides: Some(self.strides.as_slice().into()),
                input_channels: channels,
                output_channels: self.filters,
            },
            kernel_fmt: KernelFormat::OIHW,
            group: 1,
            q_params: None,
        };
        Ok(model.wire_node("conv", conv, &[input, weights, bias])?[0])
    }
}

/// Numbers between -1 and 1 without a pattern.
pub(super) fn values(shape: &[usize], seed: usize) -> TractResult<Tensor> {
    let value = |i: usize| (((i + 1) * 7919 * seed) % 2003) as f32 / 1001.0 - 1.0;
    let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
    Tensor::from_shape(shape, &values)
}

pub(super) fn constant(shape: &[usize], value: f32) -> Tensor {
    let count = shape.iter().product();
    Tensor::from_shape(shape, &vec![value; count]).unwrap()
}

pub(super) fn agree(actual: &ArrayD<f32>, expected: &ArrayD<f32>) -> bool {
    iter::zip(actual, expected).all(|(a, e)| (a - e).abs() < 1e-5)
}

pub(super) fn operators(model: &TypedModel) -> Vec<String> {
    model
        .nodes
        .iter()
        .map(|node| node.op.name().into())
        .collect()
}

/// As the program does it with channels last.
pub(super) fn optimised(mut model: TypedModel) -> TractResult<TypedModel> {
    super::optimise(&mut model, true)?;
    Ok(model)
}

/// Runs a model as it is.
pub(super) fn run(model: TypedModel, image: &Tensor) -> TractResult<ArrayD<f32>> {
    let output = model
        .into_runnable()?
        .run(tvec!(image.clone().into_tvalue()))?;
    Ok(output[0].to_plain_array_view::<f32>()?.to_owned())
}
