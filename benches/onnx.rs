//! Processor time of ONNX networks in the engine, file by file:
//! `cargo bench --features engine-internals --bench onnx -- [--nodes] [--declutter] [--rounds N] [--windows N] FILE...`
//!
//! Every file must declare the shape of its one input; where it leaves the first axis
//! open, that is `--windows` (3). The files are run in turns, so that a busy machine
//! slows all of them alike; the last column is the ratio to the first. What it took to
//! load them stands before the name; with `--declutter` tract normalises all of them
//! first, not only those that the program has normalised. With `--nodes` the costliest
//! nodes of each network follow, nodes whose names differ in trailing digits together.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;
use fma_genre::model::engine_internals as engine;
use rustix::time::{ClockId, clock_gettime};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::DimLike as _;
use tract_onnx::tract_core::ops::cnn::Conv;
use tract_onnx::tract_hir::infer::Factoid as _;

const NODES_SHOWN: usize = 15;

fn main() -> TractResult<()> {
    let mut files = vec![];
    let (mut nodes, mut declutter, mut rounds, mut windows) = (false, false, 20, 3);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--nodes" => nodes = true,
            "--declutter" => declutter = true,
            "--rounds" => rounds = arguments.next().unwrap_or_default().parse()?,
            "--windows" => windows = arguments.next().unwrap_or_default().parse()?,
            "--bench" => (), // cargo adds it
            _ => files.push(argument),
        }
    }
    let (mut networks, mut inputs, mut loading) = (vec![], vec![], vec![]);
    for file in &files {
        let start = processor_time();
        let (network, shape) = load(file, windows, declutter)?;
        networks.push(network.spawn()?);
        inputs.push(input(&shape)?);
        loading.push(1e3 * (processor_time() - start).as_secs_f64());
    }
    let mut times = vec![vec![]; files.len()];
    for round in 0..=rounds {
        for ((network, input), times) in networks.iter_mut().zip(&inputs).zip(&mut times) {
            let start = processor_time();
            network.run_plan_with_eval(tvec!(input.clone()), engine::eval_cleanly)?;
            if round > 0 {
                times.push(processor_time() - start);
            }
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    for ((file, median), loading) in files.iter().zip(&medians).zip(&loading) {
        let ratio = median / medians[0];
        println!("{median:8.2} ms  {ratio:.3}  loaded in {loading:4.0} ms  {file}");
    }
    if nodes {
        for ((file, network), input) in files.iter().zip(&mut networks).zip(&inputs) {
            println!("\n{file}");
            print_nodes(network, input, rounds)?;
        }
    }
    Ok(())
}

/// As the program loads its networks, but for `declutter`; and the shape of the input,
/// whose first axis is `windows` if the file does not say.
fn load(
    file: &str,
    windows: usize,
    declutter: bool,
) -> TractResult<(Arc<TypedRunnableModel>, Vec<usize>)> {
    let mut model = tract_onnx::onnx().model_for_path(file)?;
    let dims = model.input_fact(0)?.shape.dims();
    let shape: Option<Vec<usize>> = dims
        .enumerate()
        .map(|(axis, dim)| {
            let known = dim.concretize().and_then(|dim| dim.to_usize().ok());
            known.or((axis == 0).then_some(windows))
        })
        .collect();
    let shape = shape.with_context(|| format!("{file} does not declare its input's shape"))?;
    model.set_input_fact(0, f32::fact(&shape).into())?;
    let mut model = model.into_typed()?;
    if declutter {
        model.declutter()?;
    }
    // What model.json says of the bundled ones.
    let is_grouped = |node: &TypedNode| node.op_as::<Conv>().is_some_and(|conv| conv.group > 1);
    let channels_last = model.nodes.iter().any(is_grouped);
    engine::optimise(&mut model, channels_last)?;
    Ok((model.into_runnable()?, shape))
}

/// Values between 0 and 2.5, as log-mels are.
fn input(shape: &[usize]) -> TractResult<TValue> {
    let count = shape.iter().product::<usize>();
    let values: Vec<f32> = (0..count)
        .map(|i| (i * 7919 % 1000) as f32 / 400.0)
        .collect();
    Ok(Tensor::from_shape(shape, &values)?.into_tvalue())
}

fn print_nodes(network: &mut TypedSimpleState, input: &TValue, rounds: usize) -> TractResult<()> {
    let mut times: HashMap<String, Duration> = HashMap::new();
    for _ in 0..rounds {
        network.run_plan_with_eval(tvec!(input.clone()), |context, state, node, inputs| {
            let start = processor_time();
            let outputs = engine::eval_cleanly(context, state, node, inputs);
            *times.entry(family(&node.name)).or_default() += processor_time() - start;
            outputs
        })?;
    }
    let mut times: Vec<_> = times.into_iter().collect();
    times.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
    for (name, time) in times.iter().take(NODES_SHOWN) {
        println!("{:8.3} ms  {name}", milliseconds(*time) / rounds as f64);
    }
    Ok(())
}

/// `timbral38_conv12.matmatmul` -> `timbral38_conv.matmatmul`
fn family(name: &str) -> String {
    let parts: Vec<&str> = name
        .split('.')
        .map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit()))
        .collect();
    parts.join(".")
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    milliseconds(times[times.len() / 2])
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Of this thread, so that other programs on the machine count little.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime)
        .try_into()
        .expect("a clock is not below 0")
}
