//! Buttons under a message, as several kinds offer them.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    diagnostic::Code,
    effect::{Action, Button, Choice},
    kind::{Fault, Target, Transition},
    scope::Scope,
    span::Spanned,
    text::Text,
    turn_context::TurnContext,
};

use crate::labels;

/// A button that leads to a node of the flow or opens an address.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlowButton {
    /// What the client reads, at most 40 characters.
    label: Text,
    /// The node to go to.
    #[serde(default)]
    #[schemars(extend("x-names" = "node"))]
    to: Option<Spanned<String>>,
    /// The address to open: http, https, tel or mailto.
    #[serde(default)]
    url: Option<Spanned<String>>,
}

pub(crate) fn check(buttons: &[FlowButton], scope: &mut Scope<'_>) {
    if let Some(first) = buttons.first() {
        scope.buttons(buttons.len(), first.label.span());
    }
    labels::check(buttons.iter().map(|button| &button.label), scope);
    for button in buttons {
        scope.label(&button.label);
        if button.to.is_some() == button.url.is_some() {
            let (message, help) = if button.to.is_some() {
                ("a button has both `to` and `url`", "keep one of the two")
            } else {
                ("a button leads nowhere", "add `to:` with the name of a node, or `url:` with an address")
            };
            scope.report(Code::BadValue, button.label.span(), message, help);
        }
        if let Some(url) = &button.url {
            scope.link(url, url.span);
            let schemes = ["https://", "http://", "tel:", "mailto:"];
            if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
                let message = format!("`{}` is not an address a client can open", url.value);
                scope.report(Code::BadValue, url.span, message, "begin it with https://, tel: or mailto:");
            }
        }
    }
}

pub(crate) fn transitions(buttons: &[FlowButton]) -> Vec<Transition> {
    let labelled = buttons.iter().filter_map(|button| {
        let (_, template) = button.label.templates().next()?;
        Some((format!("[{}]", template.source()), button.to.as_ref()?))
    });
    labelled
        .map(|(label, to)| Transition {
            label,
            to: Target::spanned(to),
            automatic: false,
            ensures: Vec::new(),
        })
        .collect()
}

pub(crate) fn render(buttons: &[FlowButton], turn: &mut TurnContext<'_>) -> Result<Vec<Button>, Fault> {
    let mut rendered = Vec::with_capacity(buttons.len());
    for button in buttons {
        let label = turn.render(&button.label)?;
        rendered.push(match (&button.to, &button.url) {
            (Some(to), _) => turn.button(label, Choice::Go { to: to.value.clone() }),
            (None, Some(url)) => Button { label, action: Action::Open { url: url.value.clone() } },
            (None, None) => return Err(Fault("a button leads nowhere".to_owned())),
        });
    }
    Ok(rendered)
}
