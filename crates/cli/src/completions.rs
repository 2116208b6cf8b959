//! `boundtoken completions`: completions for shells.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::output;

/// Write completions for a shell to standard output
///
/// They take effect in the next shell that you open.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  Try it in this shell:
    source <(boundtoken completions bash)

  bash, with the package bash-completion:
    mkdir -p ~/.local/share/bash-completion/completions
    boundtoken completions bash \\
      > ~/.local/share/bash-completion/completions/boundtoken

  zsh; put this line into ~/.zshrc before compinit: fpath=(~/.zfunc $fpath)
    mkdir -p ~/.zfunc
    boundtoken completions zsh > ~/.zfunc/_boundtoken

  fish:
    boundtoken completions fish > ~/.config/fish/completions/boundtoken.fish

  PowerShell:
    boundtoken completions powershell >> $PROFILE

  For all users, write to one of these files instead:
    /usr/share/bash-completion/completions/boundtoken
    /usr/share/zsh/site-functions/_boundtoken
    /usr/share/fish/vendor_completions.d/boundtoken.fish

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
