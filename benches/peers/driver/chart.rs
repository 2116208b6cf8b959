//! Draws the chart: bars on a logarithmic scale. It is readable on light and dark pages, and by screen readers.

use std::fmt::Write as _;

use crate::results::Row;
use crate::table::digits;

const WIDTH: f64 = 860.0;
/// Where the bars begin, and where the longest bar ends.
const LEFT: f64 = 290.0;
const RIGHT: f64 = 780.0;
const LINE: f64 = 24.0;
const BAR: f64 = 14.0;
const TOP: f64 = 62.0;

const STYLE: &str = "\
text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.half { font-weight: 600 }
.scale { font-size: 11px; fill: #57606a }
.grid { stroke: #d0d7de; stroke-width: 1 }
.peer { fill: #8c959f }
.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .scale { fill: #9198a1 }
  .grid { stroke: #3d444d }
  .peer { fill: #656c76 }
  .ours { fill: #4493f8 }
}
";

struct Bar<'a> {
    row: &'a Row,
    micros: f64,
}

/// The chart is of RS256 tokens, which every contender can verify.
pub fn svg(rows: &[Row], subtitle: &str) -> String {
    let bars = |again: bool| {
        let mut bars: Vec<Bar<'_>> = rows
            .iter()
            .filter(|row| row.entry.again == again)
            .filter_map(|row| Some(Bar { row, micros: row.cells[0].best()? }))
            .collect();
        bars.sort_by(|one, other| one.micros.total_cmp(&other.micros));
        bars
    };
    let halves = [("A token seen first", bars(false)), ("A token seen again", bars(true))];
    let times = || halves.iter().flat_map(|(_, bars)| bars.iter().map(|bar| bar.micros));
    let least = times().fold(f64::INFINITY, f64::min).log10().floor();
    let most = times().fold(0.0, f64::max).log10().ceil().max(least + 1.0);
    let x = |micros: f64| LEFT + (micros.log10() - least) / (most - least) * (RIGHT - LEFT);

    let count = halves.iter().map(|(_, bars)| bars.len() + 1).sum::<usize>() as f64;
    let bottom = TOP + count * LINE + 16.0;
    let height = bottom + 30.0;
    let mut body = String::new();
    let mut power = least;
    while power <= most {
        let (x, label) = (x(10_f64.powf(power)), scale(power));
        let _ =
            writeln!(body, "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>");
        let y = bottom + 16.0;
        let _ = writeln!(
            body,
            "<text class=\"scale\" x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{label}</text>"
        );
        power += 1.0;
    }
    let mut y = TOP;
    let mut said = String::new();
    for (title, bars) in &halves {
        y += LINE;
        let _ = writeln!(body, "<text class=\"half\" x=\"16\" y=\"{:.1}\">{title}</text>", y - 6.0);
        let _ = write!(said, "{title}: ");
        for bar in bars {
            let entry = &bar.row.entry;
            let (name, micros) = (format!("{}, {}", entry.name, entry.language), digits(bar.micros));
            let class = if entry.name.starts_with("boundtoken") { "ours" } else { "peer" };
            let (length, text_y) = ((x(bar.micros) - LEFT).max(1.0), y + LINE / 2.0 + 4.5);
            let bar_y = y + (LINE - BAR) / 2.0;
            let _ = writeln!(
                body,
                "<text x=\"{:.1}\" y=\"{text_y:.1}\" text-anchor=\"end\">{name}</text>\n\
                 <rect class=\"{class}\" x=\"{LEFT}\" y=\"{bar_y:.1}\" width=\"{length:.1}\" height=\"{BAR}\" rx=\"2\"/>\n\
                 <text x=\"{:.1}\" y=\"{text_y:.1}\">{micros}</text>",
                LEFT - 10.0,
                LEFT + length + 6.0,
            );
            let _ = write!(said, "{name} {micros}; ");
            y += LINE;
        }
    }
    let said = said.trim_end_matches("; ");
    let title = "Time to verify one RS256 token, in microseconds";
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"title description\">\n\
         <title id=\"title\">{title}</title>\n<desc id=\"description\">On a logarithmic scale. {said}.</desc>\n\
         <style>\n{STYLE}</style>\n\
         <text class=\"title\" x=\"16\" y=\"26\">{title}</text>\n\
         <text class=\"scale\" x=\"16\" y=\"46\">Logarithmic scale, shorter is better. {subtitle}</text>\n{body}</svg>\n"
    )
}

/// A power of ten as a label for the scale.
fn scale(power: f64) -> String {
    match 10_f64.powf(power) {
        micros if micros < 0.99 => format!("{:.0} ns", micros * 1e3),
        micros if micros < 999.0 => format!("{micros:.0} µs"),
        micros => format!("{:.0} ms", micros / 1e3),
    }
}
