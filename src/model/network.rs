//! Every call to the inference engine, tract, is in this file and in `engine/`.

use std::io::Cursor;
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::DimLike as _;
use tract_onnx::tract_hir::infer::{DimFact, Factoid as _};

use super::ModelError;
use super::engine::{eval_cleanly, optimise};

/// What a network must take and give; shapes include the first axis: the windows of
/// a batch, or 1 for the head.
pub(super) struct Signature {
    pub(super) input: (&'static str, Vec<usize>),
    pub(super) outputs: Vec<(&'static str, Vec<usize>)>,
}

/// An optimised network, shared by all threads.
pub(super) struct Plan {
    plan: Arc<TypedRunnableModel>,
    input_shape: Vec<usize>,
}

/// The run state of one [`Plan`], for one thread.
pub(super) struct Session {
    state: TypedSimpleState,
    input_shape: Vec<usize>,
}

impl Plan {
    /// Loads an ONNX network and checks that it has the announced signature.
    pub(super) fn load(file: &str, onnx: &[u8], signature: &Signature) -> Result<Self, ModelError> {
        let fail = |cause: String| ModelError::Network {
            file: file.to_owned(),
            cause,
        };
        let engine = |error: TractError| fail(format!("{error:#}"));
        let (input_name, input_shape) = &signature.input;

        let mut model = tract_onnx::onnx()
            .model_for_read(&mut Cursor::new(onnx))
            .map_err(|error| {
                fail(format!(
                    "is not an ONNX network that can be used: {error:#}"
                ))
            })?;
        let names: Vec<&str> = signature.outputs.iter().map(|(name, _)| *name).collect();
        let found = model.input_outlets().map_err(engine)?;
        let [input] = found else {
            return Err(fail(format!("has {} inputs, must have one", found.len())));
        };
        let actual = &model.nodes[input.node].name;
        if actual != input_name {
            return Err(fail(format!(
                "its input is {actual:?}, must be {input_name:?}"
            )));
        }
        model
            .select_outputs_by_name(&names)
            .map_err(|_| fail(format!("must have the outputs {}", names.join(", "))))?;
        let declared = model.input_fact(0).map_err(engine)?;
        if !admits(declared, input_shape) {
            return Err(fail(format!(
                "does not take {input_name} {input_shape:?}: it declares {:?}",
                declared.shape
            )));
        }
        model
            .set_input_fact(0, f32::fact(input_shape).into())
            .map_err(engine)?;
        let mut typed = model.into_typed().map_err(|error| {
            fail(format!(
                "does not take {input_name} {input_shape:?}: {error:#}"
            ))
        })?;
        for (index, (name, shape)) in signature.outputs.iter().enumerate() {
            let fact = typed.output_fact(index).map_err(engine)?;
            if fact.datum_type != f32::datum_type() || fact.shape.as_concrete() != Some(shape) {
                return Err(fail(format!(
                    "its output {name} is {fact:?}, must be float32 {shape:?}"
                )));
            }
        }
        optimise(&mut typed).map_err(engine)?;
        let plan = typed.into_runnable().map_err(engine)?;
        Ok(Self {
            plan,
            input_shape: input_shape.clone(),
        })
    }

    pub(super) fn session(&self) -> Result<Session, ModelError> {
        let state = self.plan.spawn().map_err(run_error)?;
        Ok(Session {
            state,
            input_shape: self.input_shape.clone(),
        })
    }
}

impl Session {
    /// Runs the network on as many values as its input has, in C order and in any
    /// number of parts, and returns its outputs.
    pub(super) fn run<'v>(
        &mut self,
        parts: impl Iterator<Item = &'v [f32]>,
    ) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut values = Vec::with_capacity(self.input_shape.iter().product());
        parts.for_each(|part| values.extend_from_slice(part));
        let tensor = Tensor::from_shape(&self.input_shape, &values).map_err(run_error)?;
        let outputs = self
            .state
            .run_plan_with_eval(tvec!(tensor.into_tvalue()), eval_cleanly)
            .map_err(run_error)?;
        outputs
            .iter()
            .map(|output| {
                let view = output.to_plain_array_view::<f32>().map_err(run_error)?;
                Ok(view.iter().copied().collect())
            })
            .collect()
    }
}

/// Whether a tensor of this shape is what the file declares; axes that it leaves open
/// may have any length. The engine does not compare them, and an operator that picks
/// some of the values would notice nothing before it runs.
fn admits(declared: &InferenceFact, shape: &[usize]) -> bool {
    let dims: Vec<_> = declared.shape.dims().collect();
    let open = declared.shape.is_open();
    let fits = |(dim, length): (&&DimFact, &usize)| {
        let declared = dim.concretize().and_then(|dim| dim.to_usize().ok());
        declared.is_none_or(|declared| declared == *length)
    };
    (open || dims.len() == shape.len()) && dims.iter().zip(shape).all(fits)
}

fn run_error(error: TractError) -> ModelError {
    ModelError::Run(format!("{error:#}"))
}
