//! `boundtoken man`: manual pages.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::failure::Failure;
use crate::output;

/// Write manual pages, one for each command
///
/// Without --directory, writes only the page boundtoken(1) to standard output.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Write all pages into this directory, which is created if it does not exist
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  boundtoken man | man -l -

  Install the pages for one user, and read one:
    boundtoken man --directory ~/.local/share/man/man1
    man boundtoken-verify

  Install them for all users:
    sudo boundtoken man --directory /usr/local/share/man/man1

Exit status:
  0  done
  2  wrong arguments, or a directory that cannot be written";

pub fn run<Program: CommandFactory>(arguments: &Arguments) -> Result<ExitCode, Failure> {
    // The command `help` shows what the pages say.
    let mut program = Program::command().disable_help_subcommand(true);
    // Fills in the names of the commands, as pages have them.
    program.build();
    match &arguments.directory {
        None => output::bytes(&page(&program).map_err(unwritten)?)?,
        Some(directory) => write_all(&program, directory)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn write_all(program: &Command, directory: &Path) -> Result<(), Failure> {
    fs::create_dir_all(directory).map_err(|error| Failure::with_file(directory, error))?;
    for command in std::iter::once(program).chain(program.get_subcommands()) {
        let path = directory.join(Man::new(command.clone()).get_filename());
        let page = page(command).map_err(unwritten)?;
        fs::write(&path, page).map_err(|error| Failure::with_file(&path, error))?;
    }
    Ok(())
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let closing = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    sections(&closing).to_writer(&mut page)?;
    Ok(page)
}

/// The end of a help text as sections. A line at the margin that ends with a colon is a heading.
fn sections(text: &str) -> Roff {
    let mut roff = Roff::new();
    let mut begun = false;
    for line in text.lines() {
        match line.strip_suffix(':').filter(|heading| !heading.starts_with(' ')) {
            Some(heading) => {
                if begun {
                    roff.control("fi", []);
                }
                begun = true;
                roff.control("SH", [heading.to_uppercase().as_str()]);
                roff.control("nf", []);
            }
            None => {
                roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
            }
        }
    }
    if begun {
        roff.control("fi", []);
    }
    roff
}

fn unwritten(error: io::Error) -> Failure {
    Failure::new(format!("the manual page could not be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::sections;

    #[test]
    fn the_headings_of_a_help_text_become_sections() {
        let roff = sections("Examples:\n  a --b\n\n  .c\nExit status:\n  0  done").to_roff();
        for piece in [".SH EXAMPLES\n.nf\na \\-\\-b\n", ".fi\n.SH \"EXIT STATUS\"\n.nf\n0  done\n.fi"] {
            assert!(roff.contains(piece), "{piece}: {roff}");
        }
        assert!(!roff.contains("\n.c"), "{roff}");
    }
}
