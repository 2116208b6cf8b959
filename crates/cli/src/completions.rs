//! `boundtoken completions`: completions for shells.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::output;

/// Write completions for a shell to standard output
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  source <(boundtoken completions bash)
  boundtoken completions zsh > \"${fpath[1]}/_boundtoken\"
  boundtoken completions fish > ~/.config/fish/completions/boundtoken.fish

Exit status:
  0  done
  2  wrong arguments";

pub fn run<Program: CommandFactory>(arguments: &Arguments) -> Result<ExitCode, Failure> {
    // The generator panics if standard output is closed, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Program::command(), "boundtoken", &mut script);
    output::bytes(&script)?;
    Ok(ExitCode::SUCCESS)
}
