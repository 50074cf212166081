//! `say`: a message to the client.

use schemars::JsonSchema;
use serde::Deserialize;
use tolmach_engine::{
    effect::Outgoing,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome, Transition},
    scope::Scope,
    slot::Type,
    span::Spanned,
    text::Text,
    turn_context::TurnContext,
};

use crate::{
    buttons::{self, FlowButton},
    cards::{self, Shown},
};

/// Sends a message: a text in the client's language, optionally with a photo, product cards and buttons.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Say {
    /// The text.
    text: Text,
    /// A picture: an image of the bundle, such as `images/warehouse.jpg`, or the address of one elsewhere. Telegram fetches
    /// what is elsewhere; the web chat leaves that out, because another host would learn the client's address.
    #[serde(default)]
    #[schemars(extend("x-names" = "image"))]
    photo: Option<Text>,
    /// A slot with search results, shown as cards with further pages.
    #[serde(default)]
    #[schemars(extend("x-names" = "slot"))]
    cards: Option<Spanned<String>>,
    /// Buttons under the message.
    #[serde(default)]
    buttons: Vec<FlowButton>,
}

impl Kind for Say {
    const NAME: &'static str = "say";
    const EXITS: &'static [(&'static str, &'static str)] = &[("done", "it was said")];
    const EXAMPLE: &'static str = "\
flow: example
start: hello
nodes:
  hello:
    say:
      text: { ru: Здравствуйте!, en: Hello! }
      buttons:
        - { label: { ru: О нас, en: About us }, to: about }
  about:
    say: { text: { ru: Мы продаём насосы., en: We sell pumps. } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) = (&["привет"], &["hello"]);
}

impl Node for Say {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("done")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        if self.photo.is_some() {
            scope.caption(&self.text);
        } else {
            scope.text(&self.text);
        }
        if let Some(photo) = &self.photo {
            scope.picture(photo);
        }
        if let Some(cards) = &self.cards {
            scope.slot(cards, &[Type::Products]);
        }
        buttons::check(&self.buttons, scope);
    }

    fn transitions(&self) -> Vec<Transition> {
        buttons::transitions(&self.buttons)
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        match input {
            NodeInput::NextPage(request) => return cards::ask_for_more(turn, request),
            NodeInput::Outcome(outcome) => return cards::show_more(turn, outcome),
            _ => {}
        }
        let text = turn.render(&self.text)?;
        let photo = self.photo.as_ref().map(|photo| turn.render(photo)).transpose()?;
        let photo = photo.and_then(|named| turn.picture(named));
        let mut shown = Shown::of_slot(turn, self.cards.as_ref().map(|slot| slot.value.as_str()));
        let text = shown.with_remark(text);
        let mut buttons: Vec<_> = shown.more.into_iter().collect();
        buttons.extend(buttons::render(&self.buttons, turn)?);
        turn.send(Outgoing { text, photo, cards: shown.cards, buttons, ..Outgoing::default() });
        Ok(NodeOutcome::exit("done"))
    }
}
