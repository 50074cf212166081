//! `classify`: the intent of a message.
//!
//! A cascade, cheapest first: the exact words of an example, then similarity to the examples, then a language model when
//! the similarity is too low, then the exit `unsure`. There is no default intent.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tolmach_engine::{
    diagnostic::Code,
    effect::{Choice, Label, LlmClassifyRequest, Query, QueryOutcome, ScoredLabel},
    kind::{Cost, Costs, Example, Exit, Fault, Kind, Node, NodeInput, NodeOutcome, Verdict},
    platform::DEFAULT_ROLE,
    resources::Answers,
    scope::Scope,
    span::Spanned,
    target::Target,
    text::Text,
    turn_context::TurnContext,
    wording::{is_courtesy, says_nothing},
};

use crate::{
    extract, labels, phrases, tone,
    wishes::{self, Wish},
};

/// Classifies the client's message by intents. Exits: one per intent, and `unsure`. Words that mean nothing by themselves («да»,
/// «ок», "hm") are an intent only where such words are among its examples; thanks and greetings go with the part of the message
/// that means something.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Classify {
    /// The intents by name; each is an exit.
    intents: Spanned<BTreeMap<Spanned<String>, Intent>>,
    /// How likely (0 to 1) an intent must be by the examples alone to be taken without asking a language model. Of the messages
    /// that are placed at 0.8, about four in five are placed rightly.
    #[serde(default = "default_confidence")]
    min_confidence: Spanned<f32>,
    /// The same for intents that `commits`, which end or begin something that the client must then get out of.
    #[serde(default = "default_commit_confidence")]
    commit_confidence: Spanned<f32>,
    /// Whether a message may hold several wishes: each of its parts that surely means an intent of its own is answered in turn,
    /// and those that `commits` come last.
    #[serde(default = "yes")]
    several: bool,
    /// The configured model to ask when examples are unsure.
    #[serde(default = "default_model")]
    model: Spanned<String>,
}

/// An intent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Intent {
    /// What it means, for a language model.
    #[serde(default)]
    description: String,
    /// What clients write who mean it; the more, the better.
    examples: Vec<Spanned<String>>,
    /// Whether a message that holds an article number of the catalogue means this intent, whatever else it says. One intent
    /// of a node at most.
    #[serde(default)]
    articles: Option<Spanned<bool>>,
    /// Whether it ends or begins something: a goodbye, a contact form. It needs `commit_confidence`, and a message that refuses
    /// it («не звоните мне») leaves by `refused`.
    #[serde(default)]
    commits: bool,
    /// Whether it is said beside a request, like a greeting: where a message holds another wish, only that one is answered.
    #[serde(default)]
    aside: bool,
    /// Whether the rest of a message belongs to it where a part of the message means it: a complaint is not answered with an
    /// offer of what broke.
    #[serde(default)]
    overrides: bool,
    /// How likely it must be while the client has rows before them, of which the message may speak instead; `min_confidence`
    /// where it is less.
    #[serde(default)]
    beside_rows: Option<Spanned<f32>>,
    /// What a button says of it. Where two intents with labels are about as likely, the client is asked which is meant.
    #[serde(default)]
    label: Option<Text>,
}

impl Intent {
    fn is_of_articles(&self) -> bool {
        self.articles.as_ref().is_some_and(|articles| articles.value)
    }
}

fn default_confidence() -> Spanned<f32> {
    Spanned::new(0.55, Default::default())
}

fn default_commit_confidence() -> Spanned<f32> {
    Spanned::new(0.75, Default::default())
}

const fn yes() -> bool {
    true
}

fn default_model() -> Spanned<String> {
    Spanned::new(DEFAULT_ROLE.to_owned(), Default::default())
}

impl Kind for Classify {
    const NAME: &'static str = "classify";
    const EXITS: &'static [(&'static str, &'static str)] = &[
        ("<intent>", "one for each intent"),
        ("unsure", "no intent is near enough, and no model decided"),
        (
            "refused",
            "the client refuses what an intent that `commits` would begin; leads where `unsure` does unless it is named",
        ),
    ];
    const EXAMPLE: &'static str = "\
flow: example
start: route
nodes:
  route:
    classify:
      intents:
        product: { description: looks for equipment, examples: [нужен насос, I need a pump] }
        manager: { description: wants a person, examples: [позовите менеджера, call a manager] }
    next: { product: found, manager: called, unsure: found }
  found:
    say: { text: { ru: Ищу., en: Looking. } }
  called:
    say: { text: { ru: Зову., en: Calling. } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["Позовите менеджера!"], &["route", "called"]);
}

/// Labels that the trace names.
const RUNNERS_UP: usize = 2;

/// How likely a part of a message must be an intent to be a wish of its own: nine in ten, because an answer that nobody asked
/// for is worse than one wish answered of two, which the client repeats.
const OWN_WISH: f32 = 0.9;
/// The same for a part that names goods.
const OWN_GOODS: f32 = 0.65;
/// How much less likely a part may be that names a price of its own.
const PRICED: f32 = 0.25;
/// Two intents are about as likely when they differ by less than this.
const NEAR: f32 = 0.12;

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// The nearest label, for the trace of what a model then says.
    nearest: Option<String>,
    /// The labels of the whole message, while its parts are classified.
    whole: Vec<ScoredLabel>,
    parts: Vec<String>,
    /// What each part was found to mean.
    placed: Vec<Option<ScoredLabel>>,
    /// The message, while the client is asked what it means, and the intents that they are asked about.
    asked: Option<(String, Vec<String>)>,
}

impl Node for Classify {
    fn exits(&self) -> Vec<Exit> {
        let mut exits: Vec<Exit> =
            self.intents.keys().map(|intent| Exit::required(intent.value.clone())).collect();
        exits.push(Exit::required("unsure"));
        exits.push(Exit::optional("refused", "unsure"));
        exits
    }

    fn check(&self, scope: &mut Scope<'_>) {
        scope.probability("min_confidence", &self.min_confidence);
        scope.probability("commit_confidence", &self.commit_confidence);
        for bound in self.intents.values().filter_map(|intent| intent.beside_rows.as_ref()) {
            scope.probability("beside_rows", bound);
        }
        let labels = || self.intents.values().filter_map(|intent| intent.label.as_ref());
        labels::check(labels(), scope);
        for label in labels() {
            scope.label(label);
        }
        let examples = self.intents.iter().flat_map(|(name, intent)| {
            intent.examples.iter().map(|example| (name.as_str(), example.as_str(), example.span))
        });
        for (span, text, other) in labels::same_examples(examples) {
            let message = format!(
                "the example `{text}` is one of the intent `{other}` too, which a message with these words always means"
            );
            scope.report(Code::DuplicateExample, span, message, "keep it under the intent that it means");
        }
        scope.model_role(&self.model);
        if self.intents.value.is_empty() {
            let help = "add one: `intents: { product: { examples: [what a client writes] } }`";
            scope.report(Code::BadValue, self.intents.span, "there are no intents to choose from", help);
        }
        for (name, articles) in self.of_articles().skip(1) {
            let message = format!("`{}` is the second intent of article numbers", name.value);
            scope.report(Code::BadValue, articles.span, message, "keep `articles: true` at one intent");
        }
        for (name, intent) in &self.intents.value {
            if matches!(name.value.as_str(), "unsure" | "refused") {
                let message = match name.value.as_str() {
                    "unsure" => "`unsure` is the exit for messages that fit no intent",
                    _ => "`refused` is the exit for messages that refuse an intent",
                };
                scope.report(Code::BadValue, name.span, message, "choose another name");
            }
            if intent.examples.is_empty() {
                let message = format!("the intent `{}` has no examples", name.value);
                scope.report(
                    Code::BadValue,
                    name.span,
                    message,
                    "write at least one message of a client who means it",
                );
            }
        }
    }

    fn cost(&self, costs: &Costs<'_>) -> Cost {
        Cost { model_calls: 1, tokens: 0, millis: costs.model_call }
    }

    fn examples(&self, _: &Answers) -> Vec<Example> {
        let intents = self.intents.iter();
        intents
            .flat_map(|(name, intent)| {
                // The description says in general what the examples say in particular.
                let texts = std::iter::once(&intent.description)
                    .filter(|text| !text.is_empty())
                    .chain(intent.examples.iter().map(|example| &example.value));
                texts.map(|text| Example { label: name.value.clone(), text: text.clone() })
            })
            .collect()
    }

    fn article_label(&self) -> Option<&str> {
        self.of_articles().next().map(|(name, _)| name.value.as_str())
    }

    fn verdict(&self, message: &str, first: &ScoredLabel, least: f32) -> Verdict {
        let Some(intent) = self.intent(&first.label) else { return Verdict::Unsure { bound: least } };
        let bound = if intent.commits { least.max(self.commit_confidence.value) } else { least };
        if intent.commits && extract::refuses(message) && !extract::refuses(&first.example) {
            Verdict::Refused
        } else if says_nothing(message) && !says_nothing(&first.example) {
            Verdict::SaysNothing
        } else if first.score >= bound {
            Verdict::Taken { bound }
        } else {
            Verdict::Unsure { bound }
        }
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        let outcome = match input {
            NodeInput::Outcome(outcome) => outcome,
            NodeInput::ButtonPressed(intent) => return self.chosen(turn, &intent),
            NodeInput::Reply | NodeInput::Resumed | NodeInput::HandoffEnded => {
                return self.answered(turn, &input);
            }
            _ => return self.begin(turn),
        };
        match outcome {
            // A contact and nothing else, which no model needs to see.
            QueryOutcome::Classify { labels }
                if labels.is_empty() && extract::without_contact(turn.message()).is_empty() =>
            {
                Ok(NodeOutcome::exit("unsure"))
            }
            QueryOutcome::Classify { labels } => {
                let mut state: State = turn.state();
                if state.parts.is_empty() {
                    state.parts = if self.several { wishes::parts(turn.message()) } else { Vec::new() };
                    state.whole = labels;
                    if state.parts.len() < 2 {
                        return self.whole(turn, &state.whole);
                    }
                } else {
                    // A part with a price of its own is hardly anything but a request.
                    let priced = state
                        .parts
                        .get(state.placed.len())
                        .is_some_and(|part| extract::price_bounds(part).is_some());
                    let bound = if priced { OWN_WISH - PRICED } else { OWN_WISH };
                    let said = state.parts.get(state.placed.len()).map_or("", String::as_str);
                    let likely = labels
                        .into_iter()
                        .next()
                        .filter(|label| !says_nothing(said) || says_nothing(&label.example));
                    let likely = likely.filter(|label| {
                        let goods = self.intent(&label.label).is_some_and(Intent::is_of_articles);
                        label.score >= if goods { bound.min(OWN_GOODS) } else { bound }
                    });
                    state.placed.push(likely);
                }
                self.place_parts(turn, state)
            }
            QueryOutcome::LlmClassify(decision) => {
                let label = decision.label.filter(|label| self.knows(label));
                turn.note(match &label {
                    Some(label) => format!("model {}: {label}", decision.usage.model),
                    None => format!("model {}: none", decision.usage.model),
                });
                Ok(NodeOutcome::Exit(label.unwrap_or_else(|| "unsure".to_owned())))
            }
            QueryOutcome::Failed { reason } => {
                turn.note(format!("failed: {reason}"));
                // Without vectors a model may still know; without a model nobody does.
                let asked_model = turn.state::<State>().nearest.is_some();
                if asked_model { Ok(NodeOutcome::exit("unsure")) } else { self.fall_back(turn) }
            }
            other => Err(Fault(format!("an outcome of another query: {other:?}"))),
        }
    }
}

/// What the examples say, for the trace: how likely the likeliest intents are, and by which example.
fn weighed(labels: &[ScoredLabel], bound: f32) -> String {
    let Some(first) = labels.first() else { return "examples: nothing".to_owned() };
    let verdict = match labels.get(1) {
        _ if first.score < bound => format!("; unsure, {bound:.2} is needed"),
        Some(second) => format!("; {:.2} ahead, {bound:.2} is needed", first.score - second.score),
        None => format!("; {bound:.2} is needed"),
    };
    // What would be written as 0.00 is not named.
    let runners_up = labels.iter().skip(1).take(RUNNERS_UP).filter(|label| label.score >= 0.005);
    let runners_up: String =
        runners_up.map(|label| format!(", {} {:.2}", label.label, label.score)).collect();
    format!("examples: {} {:.2} by «{}»{runners_up}{verdict}", first.label, first.score, first.example)
}

impl Classify {
    fn begin(&self, turn: &mut TurnContext<'_>) -> Result<NodeOutcome, Fault> {
        let text = extract::without_contact(turn.message());
        if text.is_empty() && (turn.message().is_empty() || self.article_label().is_none()) {
            return Ok(NodeOutcome::exit("unsure"));
        }
        tone::notice(turn);
        if let Some(example) = turn.example(&text) {
            turn.note(format!("the words of an example: {}", example.text));
            return Ok(NodeOutcome::Exit(example.label.clone()));
        }
        turn.set_state(&State::default())?;
        Ok(NodeOutcome::Query(turn.classify_message(&text)))
    }

    /// Classifies the next part of the message; when all are, each wish that is surely one is answered in turn.
    fn place_parts(&self, turn: &mut TurnContext<'_>, mut state: State) -> Result<NodeOutcome, Fault> {
        while let Some(part) = state.parts.get(state.placed.len()) {
            let text = extract::without_contact(part);
            if text.is_empty() {
                state.placed.push(None);
            } else if let Some(example) = turn.example(&text) {
                let (label, example) = (example.label.clone(), example.text.clone());
                state.placed.push(Some(ScoredLabel { label, score: 1.0, example }));
            } else {
                turn.set_state(&state)?;
                return Ok(NodeOutcome::Query(turn.classify(&text)));
            }
        }
        let overriding = state.placed.iter().flatten().find(|label| {
            self.intent(&label.label)
                .is_some_and(|intent| intent.overrides && label.score >= self.commit_confidence.value)
        });
        if let Some(label) = overriding {
            turn.note(format!("a part of the message means {}", label.label));
            return Ok(NodeOutcome::Exit(label.label.clone()));
        }
        if let Some(label) = self.beside_courtesy(turn, &state) {
            turn.note(format!("{} {:.2} by «{}», beside courtesy", label.label, label.score, label.example));
            return Ok(NodeOutcome::Exit(label.label));
        }
        if state.parts.iter().zip(&state.placed).any(|(part, label)| label.is_some() && !is_courtesy(part)) {
            for (part, label) in state.parts.iter().zip(&mut state.placed) {
                label.take_if(|_| is_courtesy(part));
            }
        }
        let wishes =
            wishes::of(&state.parts, &state.placed, |label| self.aside(label), |label| self.joins(label));
        if wishes.len() < 2 {
            // Of what is left of a message only that counts which is surely a wish.
            return match wishes.into_iter().next().filter(|_| turn.is_further_wish()) {
                Some(wish) => {
                    turn.read_as(&wish.text);
                    Ok(NodeOutcome::Exit(wish.label))
                }
                None => self.whole(turn, &state.whole),
            };
        }
        let (last, mut first): (Vec<Wish>, Vec<Wish>) = wishes
            .into_iter()
            .partition(|wish| self.intent(&wish.label).is_some_and(|intent| intent.commits));
        // A message commits to one thing at most: the one that it means as a whole.
        let likely = |wish: &Wish| {
            state.whole.iter().find(|label| label.label == wish.label).map_or(0.0, |label| label.score)
        };
        first.extend(last.into_iter().max_by(|a, b| likely(a).total_cmp(&likely(b))));
        if first.len() < 2 {
            return self.whole(turn, &state.whole);
        }
        let said: Vec<String> = first
            .iter()
            .map(|wish| format!("«{}» {}", extract::without_contact(&wish.text), wish.label))
            .collect();
        turn.note(format!("{} wishes: {}", first.len(), said.join("; ")));
        let mut wishes = first.into_iter();
        let Some(now) = wishes.next() else { return self.whole(turn, &state.whole) };
        for wish in wishes {
            turn.also_wants(&wish.text, Some(&wish.label));
        }
        turn.read_as(&now.text);
        Ok(NodeOutcome::Exit(now.label))
    }

    /// What the whole message means.
    fn whole(&self, turn: &mut TurnContext<'_>, labels: &[ScoredLabel]) -> Result<NodeOutcome, Fault> {
        let Some(first) = labels.first() else { return Ok(self.ask_model(turn)) };
        let least = self.least(turn, &first.label);
        let verdict = self.verdict(turn.message(), first, least);
        let bound = match verdict {
            Verdict::Taken { bound } | Verdict::Unsure { bound } => bound,
            Verdict::Refused | Verdict::SaysNothing => least,
        };
        turn.note(weighed(labels, bound));
        if verdict == Verdict::Refused {
            turn.note(format!("{} is refused", first.label));
            return Ok(NodeOutcome::exit("refused"));
        }
        if verdict == Verdict::SaysNothing {
            turn.note("the words mean nothing by themselves".to_owned());
            return Ok(NodeOutcome::exit("unsure"));
        }
        if let Some(near) = self.near(labels) {
            return self.ask_which(turn, near);
        }
        if turn.is_further_wish() && first.score < OWN_WISH.max(bound) {
            turn.note("no wish of its own: the rest of what is answered".to_owned());
            return Ok(NodeOutcome::To(Target::Wait));
        }
        if matches!(verdict, Verdict::Taken { .. }) {
            return Ok(NodeOutcome::Exit(first.label.clone()));
        }
        if bound > least && first.score >= least {
            turn.note(format!("{} needs {bound:.2}, because it commits", first.label));
        }
        turn.set_state(&State { nearest: Some(first.label.clone()), ..State::default() })?;
        Ok(self.ask_model(turn))
    }

    /// How likely an intent must be: more while the client has rows before them, of which the message may speak.
    fn least(&self, turn: &TurnContext<'_>, label: &str) -> f32 {
        let beside = self.intent(label).and_then(|intent| intent.beside_rows.as_ref());
        let beside = beside.filter(|_| turn.context().shown.is_some()).map_or(0.0, |beside| beside.value);
        self.min_confidence.value.max(beside)
    }

    /// The one part of a message that means something where all others are courtesy («спасибо, до свидания»), if it says more
    /// surely what is meant than the whole does.
    fn beside_courtesy(&self, turn: &TurnContext<'_>, state: &State) -> Option<ScoredLabel> {
        let mut said = state.parts.iter().zip(&state.placed).filter(|(part, _)| !is_courtesy(part));
        let (part, placed) = said.next()?;
        let placed = placed.as_ref().filter(|_| said.next().is_none() && state.parts.len() > 1)?;
        let surer = state.whole.first().is_none_or(|whole| {
            let taken = self.verdict(turn.message(), whole, self.least(turn, &whole.label));
            !matches!(taken, Verdict::Taken { .. })
                || whole.label != placed.label && whole.score < placed.score
        });
        let taken = self.verdict(part, placed, self.least(turn, &placed.label));
        (surer && matches!(taken, Verdict::Taken { .. })).then(|| placed.clone())
    }

    /// Two intents that are about as likely, if both can be asked about and one of them is likely at all.
    fn near(&self, labels: &[ScoredLabel]) -> Option<Vec<String>> {
        let [first, second, ..] = labels else { return None };
        let close = first.score >= self.min_confidence.value && first.score - second.score < NEAR;
        let labelled =
            |scored: &ScoredLabel| self.intent(&scored.label).is_some_and(|intent| intent.label.is_some());
        (close && labelled(first) && labelled(second))
            .then(|| vec![first.label.clone(), second.label.clone()])
    }

    fn ask_which(&self, turn: &mut TurnContext<'_>, intents: Vec<String>) -> Result<NodeOutcome, Fault> {
        turn.note(format!("asked which is meant: {}", intents.join(" or ")));
        let mut buttons = Vec::with_capacity(intents.len());
        for name in &intents {
            let Some(label) = self.intent(name).and_then(|intent| intent.label.as_ref()) else { continue };
            let label = turn.render(label)?;
            buttons.push(turn.button(label, Choice::Answer { value: name.clone() }));
        }
        let message = turn.message().to_owned();
        turn.set_state(&State { asked: Some((message, intents)), ..State::default() })?;
        turn.say(turn.phrase(phrases::WHICH_IS_MEANT).to_owned(), buttons);
        Ok(NodeOutcome::Wait)
    }

    /// The client pressed what they meant.
    fn chosen(&self, turn: &mut TurnContext<'_>, intent: &str) -> Result<NodeOutcome, Fault> {
        let state: State = turn.state();
        let Some((message, intents)) = state.asked else { return self.begin(turn) };
        if !intents.iter().any(|known| known == intent) {
            return self.begin(turn);
        }
        turn.read_as(&message);
        Ok(NodeOutcome::Exit(intent.to_owned()))
    }

    /// The client wrote instead of pressing: the words of a button choose it, anything else is a new message.
    fn answered(&self, turn: &mut TurnContext<'_>, input: &NodeInput) -> Result<NodeOutcome, Fault> {
        let state: State = turn.state();
        let Some((message, intents)) = state.asked else { return self.begin(turn) };
        if *input != NodeInput::Reply {
            turn.read_as(&message);
            return self.ask_which(turn, intents);
        }
        for name in &intents {
            if let Some(label) = self.intent(name).and_then(|intent| intent.label.as_ref())
                && turn.is_said(label)?
            {
                return self.chosen(turn, name);
            }
        }
        self.begin(turn)
    }

    fn intent(&self, name: &str) -> Option<&Intent> {
        self.intents.iter().find(|(known, _)| known.value == name).map(|(_, intent)| intent)
    }

    /// Whether two parts of a message that mean this intent are one wish.
    fn joins(&self, label: &str) -> bool {
        self.intent(label).is_none_or(|intent| intent.commits || intent.aside || intent.is_of_articles())
    }

    fn aside(&self, label: &str) -> bool {
        self.intent(label).is_some_and(|intent| intent.aside)
    }

    fn fall_back(&self, turn: &mut TurnContext<'_>) -> Result<NodeOutcome, Fault> {
        turn.set_state(&State { nearest: Some(String::new()), ..State::default() })?;
        Ok(self.ask_model(turn))
    }

    fn ask_model(&self, turn: &TurnContext<'_>) -> NodeOutcome {
        let labels = self.intents.iter().map(|(name, intent)| Label {
            name: name.value.clone(),
            description: intent.description.clone(),
            examples: intent.examples.iter().take(5).map(|example| example.value.clone()).collect(),
        });
        NodeOutcome::Query(Query::LlmClassify(LlmClassifyRequest {
            role: self.model.value.clone(),
            text: extract::without_contact(turn.message()),
            labels: labels.collect(),
            history: turn.history(),
            language: turn.language(),
        }))
    }

    /// The intents that are meant by article numbers.
    fn of_articles(&self) -> impl Iterator<Item = (&Spanned<String>, &Spanned<bool>)> {
        let marked = self.intents.iter().filter_map(|(name, intent)| Some((name, intent.articles.as_ref()?)));
        marked.filter(|(_, articles)| articles.value)
    }

    fn knows(&self, label: &str) -> bool {
        self.intents.keys().any(|intent| intent.value == label)
    }
}
