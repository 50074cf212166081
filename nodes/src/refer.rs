//! `refer`: what a message says of the rows that the client was shown.

mod found;
mod lexicon;
mod list;
mod listing;
mod moves;
mod reading;
mod refine;
mod rows;
mod telling;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tolmach_engine::{
    catalog::{Product, SearchRequest},
    context::{MAX_LINES, OrderLine},
    effect::{Outgoing, Query, QueryOutcome},
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome, Transition},
    language::Language,
    phrases as engine_phrases,
    scope::{Scope, Sets},
    slot::Type,
    span::Spanned,
    turn_context::TurnContext,
};

use self::{
    listing::Listing,
    moves::{Move, Refinement},
    reading::Reading,
    rows::RowWords,
};
use crate::{
    buttons::{self, FlowButton},
    cards, extract, phrases,
    price_slots::PriceSlots,
    tone, wishes,
};

/// Reads a message as speech about what the client was shown: «а второй сколько?», «подешевле», «не Korvund», «сравни первый и
/// третий», «беру первый, 2 штуки, в Самару»; also a pasted list of goods with quantities. Named in `on.refer`, it reads every
/// message first, and one that speaks of something else goes on as if it had not been read. Prices, stock and details are told
/// from the rows; goods that are chosen go into the order (`context.order`), which a `lead` takes along. Exits: `found` (the
/// search was changed, and the rows are in `into`), `empty` (nothing fits the change), `ordered` (the order was added to or
/// changed), `told` (the client has their answer) and `none` (it speaks of something else; only where a transition leads here).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refer {
    /// The slot for the rows of a changed search.
    #[schemars(extend("x-names" = "slot"))]
    into: Spanned<String>,
    /// Where the bounds on the price go.
    #[serde(default)]
    price: PriceSlots,
    /// Whether words that no row holds are passed over where others speak of rows. For messages that nobody else has
    /// understood; a node of `on.refer` leaves them to others. Where nothing speaks of rows either, the node leaves no visit.
    #[serde(default)]
    loose: bool,
    /// Buttons under what is told of rows.
    #[serde(default)]
    buttons: Vec<FlowButton>,
}

/// What the node has asked the catalogue for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// A changed search.
    Refining {
        request: SearchRequest,
        confirm: bool,
        narrowed: Vec<String>,
        instead: Option<String>,
        cheaper: bool,
        #[serde(default)]
        loose: bool,
    },
    /// A row that was not shown, to be compared with these.
    Comparing { rows: Vec<Product> },
    /// A row that was not shown, to be put into the order.
    Choosing { quantity: Option<f64> },
    /// The lines of a list, looked up one by one.
    Listing(Listing),
}

/// The most characters of a message that is read as speech about rows.
const LONGEST: usize = 500;

impl Kind for Refer {
    const NAME: &'static str = "refer";
    const EXITS: &'static [(&'static str, &'static str)] = &[
        ("found", "the search was changed; its rows are in the slot"),
        ("empty", "nothing fits the changed search"),
        ("ordered", "the order was added to or changed"),
        ("told", "the client was told what they asked of the rows; waits unless it is named"),
        ("none", "the message speaks of something else; waits unless it is named"),
    ];
    const EXAMPLE: &'static str = "\
flow: example
start: find
slots:
  results: { type: products }
on:
  refer: shown
nodes:
  find:
    search: { into: results }
    next: { found: offer, empty: none }
  shown:
    refer: { into: results }
    next: { found: offer, empty: none, ordered: noted }
  offer:
    say: { text: { ru: Вот что есть., en: Here is what we have. }, cards: results }
  none:
    say: { text: { ru: Ничего не нашлось., en: Nothing found. } }
  noted:
    say: { text: { ru: Передам менеджеру., en: I will tell a manager. } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["а второй сколько?"], &["find", "none"]);
}

impl Node for Refer {
    fn exits(&self) -> Vec<Exit> {
        vec![
            Exit::required("found"),
            Exit::required("empty"),
            Exit::required("ordered"),
            Exit::optional("told", "wait"),
            Exit::optional("none", "wait"),
        ]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        self.price.check(scope);
        scope.sets(&self.into, &[Type::Products], Sets::OnExits(&["found"]));
        buttons::check(&self.buttons, scope);
    }

    fn transitions(&self) -> Vec<Transition> {
        buttons::transitions(&self.buttons)
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        match input {
            NodeInput::NextPage(request) => return cards::ask_for_more(turn, request),
            NodeInput::Outcome(QueryOutcome::Search(results)) => {
                return match turn.state::<Option<State>>() {
                    Some(State::Refining { request, confirm, narrowed, instead, cheaper, loose }) => {
                        let why = String::new();
                        self.refined(
                            turn,
                            Refinement { request, confirm, narrowed, instead, why, cheaper, loose },
                            results,
                        )
                    }
                    Some(State::Comparing { rows }) => self.compared(turn, rows, results),
                    Some(State::Choosing { quantity }) => self.chosen(turn, quantity, results),
                    Some(State::Listing(mut listing)) => {
                        listing.take(results, turn.language());
                        self.look_up(turn, listing)
                    }
                    None => cards::show_more(turn, QueryOutcome::Search(results)),
                };
            }
            NodeInput::Outcome(QueryOutcome::Failed { reason }) => return Err(Fault(reason)),
            NodeInput::Outcome(other) => {
                return Err(Fault(format!("an outcome of another query: {other:?}")));
            }
            _ => {}
        }
        tone::notice(turn);
        if let Some(list) = list::read(turn.message()) {
            let listing = Listing::of(list);
            turn.note(format!("a list of {} lines", listing.len()));
            return self.look_up(turn, listing);
        }
        let message = turn.message().to_owned();
        if message.chars().count() > LONGEST {
            return self.decline(turn, "it is too long to be about rows");
        }
        if Reading::of(&message).is_some_and(|reading| reading.only_bye()) {
            return self.decline(turn, "it says goodbye");
        }
        match self.read(turn, &message) {
            Ok((reading, found)) => self.act(turn, &reading, found),
            Err(why) => match self.part(turn, &message) {
                Some((reading, found)) => self.act(turn, &reading, found),
                None => self.decline(turn, &why),
            },
        }
    }
}

impl Refer {
    fn read(&self, turn: &TurnContext<'_>, text: &str) -> Result<(Reading, Move), String> {
        let reading =
            Reading::of(&extract::without_contact(text)).ok_or("it has too many words to be about rows")?;
        let alternatives: Vec<Reading> = if reading.compare || reading.or {
            wishes::alternatives(text).iter().filter_map(|part| Reading::of(part)).collect()
        } else {
            Vec::new()
        };
        let found = moves::decide(
            &reading,
            &alternatives,
            turn.context(),
            turn.language(),
            turn.question_waits(),
            self.loose,
        )?;
        Ok((reading, found))
    }

    /// A part of the message that speaks of rows, where the rest is a wish of its own («второй сколько? и доставка в Тулу есть?»).
    fn part(&self, turn: &mut TurnContext<'_>, message: &str) -> Option<(Reading, Move)> {
        let parts = wishes::parts(message);
        if parts.len() < 2 {
            return None;
        }
        for (at, part) in parts.iter().enumerate() {
            let Ok((reading, found)) = self.read(turn, part) else { continue };
            // Words that only narrow a search belong to the rest as well as to the rows.
            let of_rows =
                matches!(found, Move::Tell(_) | Move::Compare(_) | Move::Recommend(_) | Move::Choose(_));
            if !of_rows {
                continue;
            }
            // «беру его, две штуки, в Самару. Анна, 8 999 …»: as many parts as are of the choice.
            let longer =
                (at + 2..=parts.len()).rev().filter(|_| matches!(found, Move::Choose(_))).find_map(|end| {
                    let text = parts.get(at..end)?.join(", ");
                    let (reading, found) = self.read(turn, &text).ok()?;
                    matches!(found, Move::Choose(_)).then_some((end, text, reading, found))
                });
            let (end, part, reading, found) =
                longer.unwrap_or_else(|| (at + 1, part.clone(), reading, found));
            let others = parts.iter().enumerate().filter(|(other, _)| !(at..end).contains(other));
            let others: Vec<&str> = others.map(|(_, part)| part.as_str()).collect();
            // A contact, with the name and the wishes beside it, is for the form that may follow.
            let (contact, rest): (Vec<&str>, Vec<&str>) =
                others.into_iter().partition(|part| extract::is_of_contacts(&extract::without_contact(part)));
            for wish in [rest.join(", "), contact.join(", ")].iter().filter(|wish| !wish.is_empty()) {
                turn.also_wants(wish, None);
            }
            turn.read_as(&part);
            let rest = extract::without_contact(&rest.join(", "));
            turn.note(format!("«{}» is of the rows; then «{rest}»", extract::without_contact(&part)));
            return Some((reading, found));
        }
        None
    }

    /// Leaves the message to whoever else reads it.
    fn decline(&self, turn: &mut TurnContext<'_>, why: &str) -> Result<NodeOutcome, Fault> {
        turn.note(format!("not of what was shown: {why}"));
        Ok(match turn.may_decline() {
            true => NodeOutcome::NotAnswered,
            false if self.loose => NodeOutcome::Passed("none".to_owned()),
            false => NodeOutcome::exit("none"),
        })
    }

    fn act(&self, turn: &mut TurnContext<'_>, reading: &Reading, found: Move) -> Result<NodeOutcome, Fault> {
        let language = turn.language();
        match found {
            Move::Tell(rows) => {
                turn.note(format!("of the rows {}", articles(&rows)));
                let text = telling::of_rows(&rows, reading, language);
                // «есть в Казани?»: the stock is told from the rows, the way there by whoever knows of delivery.
                if let Some(place) = reading.places.first().filter(|_| reading.have || reading.stock) {
                    let delivery = match language {
                        Language::Ru => format!("доставка в {place}"),
                        Language::En => format!("delivery to {place}"),
                    };
                    turn.also_implies(&delivery);
                }
                self.tell(turn, text, &rows)
            }
            Move::NoSuchPlace(count) => {
                let text = phrases::NO_SUCH_PLACE.get(language).replace("{}", &count.to_string());
                self.tell(turn, text, &[])
            }
            Move::Compare(rows) => {
                turn.note(format!("comparison of {}", articles(&rows)));
                let text = telling::comparison(&rows, language);
                self.tell(turn, text, &rows)
            }
            Move::CompareWith(rows, article) => {
                turn.note(format!("comparison with {article}"));
                let request = SearchRequest { text: article, language, limit: 1, ..SearchRequest::default() };
                turn.set_state(&Some(State::Comparing { rows }))?;
                Ok(NodeOutcome::Query(Query::Search(request)))
            }
            Move::ChooseCode(article, quantity) => {
                turn.note(format!("chosen by its number: {article}"));
                let request = SearchRequest { text: article, language, limit: 1, ..SearchRequest::default() };
                turn.set_state(&Some(State::Choosing { quantity }))?;
                Ok(NodeOutcome::Query(Query::Search(request)))
            }
            Move::Recommend(rows) => {
                let Some((row, text)) = telling::recommended(&rows, language) else {
                    return self.decline(turn, "there is no row to recommend");
                };
                turn.note(format!("recommended among {}: {}", rows.len(), row.article));
                self.tell(turn, text, &[row])
            }
            Move::Choose(lines) => self.choose(turn, reading, lines),
            Move::Adjust => {
                let place = reading.places_of(turn.message());
                let order = &mut turn.context_mut().order;
                if let (Some(line), Some(count)) = (order.lines.last_mut(), reading.new_count()) {
                    line.quantity = Some(count);
                }
                order.place = place.unwrap_or(std::mem::take(&mut order.place));
                turn.note("the order was changed".to_owned());
                self.say_order(turn)
            }
            Move::Remove(ids) => {
                let order = &mut turn.context_mut().order;
                order.lines.retain(|line| !ids.contains(&line.id));
                turn.note(format!("{} lines were taken out of the order", ids.len()));
                if turn.context().order.lines.is_empty() {
                    let text = phrases::ORDER_EMPTY.get(language).to_owned();
                    return self.tell(turn, text, &[]);
                }
                self.say_order(turn)
            }
            Move::Total => {
                let text = telling::order(&turn.context().order, language);
                turn.note("what the order costs".to_owned());
                self.tell(turn, text, &[])
            }
            Move::Ask => {
                turn.note("agreement without a question".to_owned());
                let text = phrases::WHAT_OF_THEM.get(language).to_owned();
                self.tell(turn, text, &[])
            }
            Move::Further => {
                let Some(shown) = &turn.context().shown else {
                    return self.decline(turn, "nothing was shown");
                };
                let offset = u64::from(shown.request.offset) + shown.rows.len() as u64;
                if offset >= shown.total {
                    let text = engine_phrases::NO_MORE.get(language).to_owned();
                    return self.tell(turn, text, &[]);
                }
                let mut request = shown.request.clone();
                request.offset = u32::try_from(offset).unwrap_or(u32::MAX);
                turn.note("the next page".to_owned());
                self.search(turn, Refinement::plain(turn, request))
            }
            Move::Back => match turn.earlier_search() {
                Some(request) => {
                    turn.note(format!("back to «{}»", request.text));
                    self.search(turn, Refinement::plain(turn, request))
                }
                None => {
                    let text = phrases::NO_EARLIER.get(language).to_owned();
                    self.tell(turn, text, &[])
                }
            },
            Move::Refine(refinement) => {
                turn.note(format!("the last search, changed: {}", refinement.why));
                self.search(turn, *refinement)
            }
        }
    }

    /// Says something of rows and shows them.
    fn tell(&self, turn: &mut TurnContext<'_>, text: String, rows: &[Product]) -> Result<NodeOutcome, Fault> {
        if let [row] = rows {
            turn.context_mut().focus_on(row);
        }
        turn.is_about(rows);
        let cards = turn.cards(rows);
        let buttons = buttons::render(&self.buttons, turn)?;
        turn.send(Outgoing { text, cards, buttons, ..Outgoing::default() });
        Ok(NodeOutcome::exit("told"))
    }

    fn choose(
        &self,
        turn: &mut TurnContext<'_>,
        reading: &Reading,
        lines: Vec<(Product, Option<f64>)>,
    ) -> Result<NodeOutcome, Fault> {
        let language = turn.language();
        let said = extract::without_contact(turn.message());
        let place = reading.places_of(turn.message());
        let mut full = false;
        if reading.instead {
            let order = &mut turn.context_mut().order;
            // «первого 20 вместо 12» changes a line and takes none out.
            if !order.lines.iter().any(|line| lines.iter().any(|(row, _)| row.id == line.id)) {
                order.lines.pop();
            }
        }
        for (row, quantity) in &lines {
            turn.context_mut().focus_on(row);
            let known = turn
                .context()
                .order
                .lines
                .iter()
                .find(|line| line.id == row.id)
                .and_then(|line| line.quantity);
            let quantity = quantity.or(known).or(Some(1.0));
            full |= !turn.context_mut().order.add(OrderLine::of(row, language, quantity, &said));
        }
        if let Some(place) = place {
            turn.context_mut().order.place = place;
        }
        let rows: Vec<Product> = lines.into_iter().map(|(row, _)| row).collect();
        turn.note(format!("chosen: {}", articles(&rows)));
        turn.is_about(&rows);
        if full {
            let text = phrases::ORDER_FULL.get(language).replace("{}", &MAX_LINES.to_string());
            turn.say(text, Vec::new());
        }
        self.say_order(turn)
    }

    fn say_order(&self, turn: &mut TurnContext<'_>) -> Result<NodeOutcome, Fault> {
        let text = telling::order(&turn.context().order, turn.language());
        turn.say(text, Vec::new());
        Ok(NodeOutcome::exit("ordered"))
    }
}

/// Whether a row's name holds a word, in whichever form and script.
pub(crate) fn names(row: &Product, word: &str) -> bool {
    RowWords::of(row).named(&rows::root(word))
}

/// Reads a text as speech about rows, and as a list of goods, for the tests of what is linear.
pub(crate) fn read_both(text: &str) -> (bool, bool) {
    (Reading::of(text).is_some(), list::read(text).is_some())
}

fn articles(rows: &[Product]) -> String {
    rows.iter()
        .map(|row| if row.article.is_empty() { row.id.as_str() } else { row.article.as_str() })
        .collect::<Vec<_>>()
        .join(", ")
}
