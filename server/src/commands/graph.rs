//! `tolmach graph`: draws a flow.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, ValueEnum};
use layout::{
    backends::svg::SVGWriter,
    core::{base::Orientation, color::Color, geometry::Point, style::StyleAttr},
    std_shapes::shapes::{Arrow, Element, ShapeKind},
    topo::layout::VisualGraph,
};
use tolmach_app::graph;
use tolmach_engine::graph::Graph;
use tolmach_runtime::read_bundle;

use crate::{assemble::bundle_folder, config::Config};

/// Draw a flow.
#[derive(Debug, Args)]
pub struct GraphCommand {
    /// The flow [default: the entry flow, in which chats start]
    flow: Option<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Form::Mermaid)]
    format: Form,
    /// Write to a file instead of standard output; a name ending in .svg is drawn as SVG
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Mermaid text, which documentation tools render
    Mermaid,
    /// An SVG picture
    Svg,
}

impl GraphCommand {
    pub fn execute(self, config: &Config) -> anyhow::Result<ExitCode> {
        let folder = bundle_folder(config)?;
        let bundle = read_bundle(&folder)?;
        let graph = graph::of_flow(&bundle, &config.platform(), &folder, self.flow.as_deref())?;
        let svg_file =
            self.out.as_ref().is_some_and(|out| out.extension().is_some_and(|ending| ending == "svg"));
        let drawing = if svg_file || self.format == Form::Svg { svg(&graph) } else { graph.mermaid() };
        match &self.out {
            Some(out) => std::fs::write(out, drawing)
                .with_context(|| format!("{} cannot be written", out.display()))?,
            None => print!("{drawing}"),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn svg(graph: &Graph) -> String {
    let mut drawing = VisualGraph::new(Orientation::TopToBottom);
    let mut handles = std::collections::BTreeMap::new();
    let mut add = |drawing: &mut VisualGraph, name: &str, label: String, colour: &str| {
        let width = label.lines().map(|line| line.chars().count()).max().unwrap_or(4) as f64 * 9.0 + 24.0;
        let style = StyleAttr::new(Color::fast("#44546a"), 1, Some(Color::fast(colour)), 8, 14);
        let element = Element::create(
            ShapeKind::new_box(&label),
            style,
            Orientation::TopToBottom,
            Point::new(width, 48.0),
        );
        handles.insert(name.to_owned(), drawing.add_node(element));
    };
    for (name, kind) in &graph.nodes {
        add(&mut drawing, name, format!("{name}\n{kind}"), colour(kind));
    }
    if graph.edges.iter().any(|arrow| arrow.to == "end") && !handles.contains_key("end") {
        let style = StyleAttr::new(Color::fast("#44546a"), 2, Some(Color::fast("#ffffff")), 0, 14);
        let circle = Element::create(
            ShapeKind::new_circle("end"),
            style,
            Orientation::TopToBottom,
            Point::new(44.0, 44.0),
        );
        handles.insert("end".to_owned(), drawing.add_node(circle));
    }
    for arrow in &graph.edges {
        if let (Some(from), Some(to)) = (handles.get(&arrow.from), handles.get(&arrow.to)) {
            // `done` is the only exit of most kinds, so it needs no label.
            let named =
                arrow.labels.iter().filter(|label| *label != "done").map(String::as_str).collect::<Vec<_>>();
            let label: String = named.join(", ").chars().take(40).collect();
            let style = StyleAttr::new(Color::fast("#7f8fa6"), 1, None, 0, 11);
            let end = layout::std_shapes::shapes::LineEndKind::Arrow;
            let arrow = Arrow::new(
                layout::std_shapes::shapes::LineEndKind::None,
                end,
                layout::core::style::LineStyleKind::Normal,
                &label,
                &style,
                &None,
                &None,
            );
            drawing.add_edge(arrow, *from, *to);
        }
    }
    let mut writer = SVGWriter::new();
    drawing.do_it(false, false, false, &mut writer);
    writer.finalize()
}

/// The fill colour by group of kinds: output, input, decision, search, other.
fn colour(kind: &str) -> &'static str {
    match kind {
        "say" | "answer" => "#e3f2e1",
        "ask" | "menu" | "collect_contact" => "#fdeecd",
        "classify" | "branch" => "#e3e8f8",
        "search" => "#d9f0f3",
        _ => "#f0e6f5",
    }
}
