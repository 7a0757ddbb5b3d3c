//! Every call to the inference engine, tract, is in this file and in `engine/`.

use std::io::Cursor;
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::DimLike as _;
use tract_onnx::tract_hir::infer::{DimFact, Factoid as _};

use super::ModelError;
use super::engine::{check_setting, eval_cleanly, optimise};
use super::error::MOST_OUTPUT;
use crate::faults::fault_point;
use crate::panics;

/// What a network must take and give; shapes include the first axis: the windows of
/// a batch, or 1 for the head.
pub(super) struct Signature {
    pub(super) input: (&'static str, Vec<usize>),
    pub(super) outputs: Vec<(&'static str, Vec<usize>)>,
    /// Whether the engine is to put the channels of images last.
    pub(super) channels_last: bool,
}

/// The most bytes that an ONNX file may have; the bundled ones have 3.2 MB at most.
pub(super) const MOST_ONNX_BYTES: u64 = 64 << 20;

/// The most numbers that the layers of a network may give for one batch, in all: 1 GiB of
/// float32.
const MOST_LAYER_VALUES: usize = 1 << 28;

/// An optimised network, shared by all threads.
pub(super) struct Plan {
    plan: Arc<TypedRunnableModel>,
    identity: Identity,
    input_shape: Vec<usize>,
}

/// The run state of one [`Plan`], for one thread.
pub(super) struct Session {
    state: TypedSimpleState,
    identity: Identity,
    input_shape: Vec<usize>,
}

/// What messages say of a network.
#[derive(Clone)]
struct Identity {
    file: Arc<str>,
    outputs: Arc<[&'static str]>,
}

impl Plan {
    /// Loads an ONNX network and checks that it has the announced signature.
    ///
    /// # Errors
    /// [`ModelError::Network`], also if the engine panics; [`ModelError::Engine`].
    pub(super) fn load(file: &str, onnx: &[u8], signature: &Signature) -> Result<Self, ModelError> {
        check_setting()?;
        let names: Vec<&str> = signature.outputs.iter().map(|(name, _)| *name).collect();
        let plan = panics::contain(|| optimised(onnx, signature, &names))
            .unwrap_or_else(|panic| Err(gave_up(&panic)))
            .map_err(|cause| ModelError::network(file, cause))?;
        Ok(Self {
            plan,
            identity: Identity {
                file: file.into(),
                outputs: signature.outputs.iter().map(|(name, _)| *name).collect(),
            },
            input_shape: signature.input.1.clone(),
        })
    }

    pub(super) fn session(&self) -> Result<Session, ModelError> {
        let state = panics::contain(|| self.plan.spawn().map_err(|error| format!("{error:#}")))
            .unwrap_or_else(|panic| Err(gave_up(&panic)))
            .map_err(|cause| ModelError::run(&self.identity.file, cause))?;
        Ok(Session {
            state,
            identity: self.identity.clone(),
            input_shape: self.input_shape.clone(),
        })
    }
}

/// The network in an ONNX file, ready to run; an error says what is wrong with the file.
fn optimised(
    onnx: &[u8],
    signature: &Signature,
    outputs: &[&str],
) -> Result<Arc<TypedRunnableModel>, String> {
    let engine = |error: TractError| format!("{error:#}");
    let (input_name, input_shape) = &signature.input;

    let mut model = tract_onnx::onnx()
        .model_for_read(&mut Cursor::new(onnx))
        .map_err(|error| format!("is not an ONNX network that can be used: {error:#}"))?;
    let found = model.input_outlets().map_err(engine)?;
    let [input] = found else {
        return Err(format!("has {} inputs, must have one", found.len()));
    };
    let actual = &model.nodes[input.node].name;
    if actual != input_name {
        return Err(format!("its input is {actual:?}, must be {input_name:?}"));
    }
    model
        .select_outputs_by_name(outputs)
        .map_err(|_| format!("must have the outputs {}", outputs.join(", ")))?;
    let declared = model.input_fact(0).map_err(engine)?;
    if !admits(declared, input_shape) {
        return Err(format!(
            "does not take {input_name} {input_shape:?}: it declares {:?}",
            declared.shape
        ));
    }
    model
        .set_input_fact(0, f32::fact(input_shape).into())
        .map_err(engine)?;
    let mut typed = model
        .into_typed()
        .map_err(|error| format!("does not take {input_name} {input_shape:?}: {error:#}"))?;
    for (index, (name, shape)) in signature.outputs.iter().enumerate() {
        let fact = typed.output_fact(index).map_err(engine)?;
        if fact.datum_type != f32::datum_type() || fact.shape.as_concrete() != Some(shape) {
            return Err(format!(
                "its output {name} is {fact:?}, must be float32 {shape:?}"
            ));
        }
    }
    check_sizes(&typed)?;
    optimise(&mut typed, signature.channels_last).map_err(engine)?;
    typed.into_runnable().map_err(engine)
}

/// That the layers of a network need no more memory than a machine has: a few bytes of a
/// file can ask for any amount.
fn check_sizes(model: &TypedModel) -> Result<(), String> {
    let mut sum = 0_usize;
    for node in &model.nodes {
        for output in &node.outputs {
            let shape =
                output.fact.shape.as_concrete().ok_or_else(|| {
                    format!("the shape of its layer {:?} is not fixed", node.name)
                })?;
            let values = shape
                .iter()
                .fold(1, |values: usize, len| values.saturating_mul(*len));
            sum = sum.saturating_add(values);
            if sum > MOST_LAYER_VALUES {
                return Err(format!(
                    "up to its layer {:?}, of shape {shape:?}, it needs {sum} numbers, must be at most {MOST_LAYER_VALUES}",
                    node.name
                ));
            }
        }
    }
    Ok(())
}

impl Session {
    /// Runs the network on as many values as its input has, in C order and in any
    /// number of parts, and returns its outputs, which are finite.
    ///
    /// # Errors
    /// [`ModelError::Run`], also if the engine panics, and [`ModelError::NotFinite`].
    pub(super) fn run<'v>(
        &mut self,
        parts: impl Iterator<Item = &'v [f32]>,
    ) -> Result<Vec<Vec<f32>>, ModelError> {
        let outputs = panics::contain(|| self.try_run(parts).map_err(|error| format!("{error:#}")))
            .unwrap_or_else(|panic| Err(gave_up(&panic)))
            .map_err(|cause| ModelError::run(&self.identity.file, cause))?;
        for (name, values) in self.identity.outputs.iter().zip(&outputs) {
            let is_sound = |value: &f32| value.abs() <= MOST_OUTPUT;
            if let Some(value) = values.iter().find(|value| !is_sound(value)) {
                return Err(ModelError::NotFinite {
                    file: self.identity.file.to_string(),
                    output: name,
                    value: *value,
                });
            }
        }
        Ok(outputs)
    }

    fn try_run<'v>(
        &mut self,
        parts: impl Iterator<Item = &'v [f32]>,
    ) -> TractResult<Vec<Vec<f32>>> {
        fault_point!("network");
        let mut values = Vec::with_capacity(self.input_shape.iter().product());
        parts.for_each(|part| values.extend_from_slice(part));
        let tensor = Tensor::from_shape(&self.input_shape, &values)?;
        let outputs = self
            .state
            .run_plan_with_eval(tvec!(tensor.into_tvalue()), eval_cleanly)?;
        outputs
            .iter()
            .map(|output| {
                Ok(output
                    .to_plain_array_view::<f32>()?
                    .iter()
                    .copied()
                    .collect())
            })
            .collect()
    }
}

/// What a contained panic says of a network, without its place in the engine's source.
fn gave_up(panic: &str) -> String {
    let message = panic.split_once('\n').map_or(panic, |(_, message)| message);
    format!("the engine gave up on it: {message}")
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
