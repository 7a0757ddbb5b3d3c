//! `fma-genre completions` and `fma-genre man`: what packages install beside the
//! program, made from its flags.

use std::fs;

use anyhow::{Context, Result};
use clap::CommandFactory;

use super::args::{Args, CompletionsArgs, ManArgs};
use super::{RunEnd, stdout};

pub(super) fn completions(args: &CompletionsArgs) -> Result<RunEnd> {
    let mut text = Vec::new();
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut text);
    stdout::print(&String::from_utf8(text)?)?;
    Ok(RunEnd::Success)
}

pub(super) fn man(args: &ManArgs) -> Result<RunEnd> {
    let folder = &args.folder;
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Args::command(), folder))
        .with_context(|| format!("cannot write manual pages to {folder:?}"))?;
    Ok(RunEnd::Success)
}
