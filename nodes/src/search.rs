//! `search`: searches the catalogue.

mod goods;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tolmach_engine::{
    catalog::{Comparison, Field, Filter, FilterValue, SearchRequest, SearchResults},
    condition::FilterExpression,
    effect::{Query, QueryOutcome},
    event::MAX_TEXT,
    kind::{Exit, Fault, Kind, Node, NodeInput, NodeOutcome},
    results::{Found, Remark},
    scope::{Scope, Sets},
    slot::Type,
    span::Spanned,
    text::{Text, cut},
    turn_context::TurnContext,
};

use self::goods::Goods;
use crate::{bounds, extract, price_slots::PriceSlots};

/// Searches the catalogue and puts what it finds into a slot. Exits: `found`, `few` (fewer than `few` rows; falls
/// back to `found`) and `empty`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// What to search for; the client's message unless something else is said. Bounds on quantities in it («от 5 до 7 кВт»,
    /// "at least 18 V") filter, as long as anything fits them.
    #[serde(default)]
    query: Option<Text>,
    /// Rows a page, 1 to 50.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 50))]
    limit: Spanned<u32>,
    /// 0 searches by words alone, 1 by meaning alone.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    semantic_ratio: Spanned<f32>,
    /// Conditions on price, stock, brand, category, article, quantities (power, voltage, length …, in watts, volts,
    /// millimetres) and columns of the price list (`attributes["Цвет"]`); a clause whose value is unset is dropped.
    #[serde(default)]
    filter: Option<FilterExpression>,
    /// Where prices that the client names go («до 10 тысяч», "under $200"); they also bound the search.
    #[serde(default)]
    price: PriceSlots,
    /// The share (0 to 1) of the query's meaning that a row must hold to count as found.
    #[serde(default = "default_min_score")]
    #[schemars(range(min = 0.0, max = 1.0))]
    min_score: Spanned<f32>,
    /// Fewer rows than this leave by `few`.
    #[serde(default)]
    few: u64,
    /// Whether a message may name several goods («мультиметры и рулетки»): then a few rows of each are found.
    #[serde(default = "yes")]
    several: bool,
    /// The slot for the results.
    #[schemars(extend("x-names" = "slot"))]
    into: Spanned<String>,
}

/// What was asked of the catalogue.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    request: SearchRequest,
    /// How many of its filters, the last ones, are quantities that the client named.
    measured: usize,
    /// Goods that are searched for one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    goods: Option<Goods>,
}

const fn yes() -> bool {
    true
}

fn five() -> Spanned<u32> {
    Spanned::new(5, Default::default())
}

fn default_min_score() -> Spanned<f32> {
    Spanned::new(0.35, Default::default())
}

impl Kind for Search {
    const NAME: &'static str = "search";
    const EXITS: &'static [(&'static str, &'static str)] = &[
        ("found", "rows were found"),
        ("few", "fewer than `few`; leads where `found` does unless it is named"),
        ("empty", "nothing near enough was found"),
    ];
    const EXAMPLE: &'static str = "\
flow: example
start: find
slots:
  results: { type: products }
  budget: { type: number }
nodes:
  find:
    search:
      limit: 3
      price: { max: budget }
      filter: stock > 0
      into: results
    next: { found: offer, empty: none }
  offer:
    say: { text: { ru: Вот что есть., en: Here is what we have. }, cards: results }
  none:
    say: { text: { ru: Ничего не нашлось., en: Nothing found. } }
";
    const EXAMPLE_PATH: (&'static [&'static str], &'static [&'static str]) =
        (&["перфоратор до 10 тысяч"], &["find", "none"]);
}

impl Node for Search {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::required("found"), Exit::optional("few", "found"), Exit::required("empty")]
    }

    fn check(&self, scope: &mut Scope<'_>) {
        if let Some(query) = &self.query {
            scope.text(query);
        }
        if let Some(filter) = &self.filter {
            scope.filter(filter);
        }
        self.price.check(scope);
        scope.sets(&self.into, &[Type::Products], Sets::Always);
        scope.count("limit", &self.limit, 1..=50);
        scope.probability("semantic_ratio", &self.semantic_ratio);
        scope.probability("min_score", &self.min_score);
    }

    fn run(&self, turn: &mut TurnContext<'_>, input: NodeInput) -> Result<NodeOutcome, Fault> {
        match input {
            NodeInput::Outcome(QueryOutcome::Search(results)) => {
                let asked: Option<Asked> = turn.state();
                let Some(Asked { mut request, measured, goods }) = asked else {
                    return Err(Fault("results that nobody asked for".to_owned()));
                };
                if measured > 0 && results.hits.is_empty() {
                    // Price lists seldom state everything: without the quantity something may still fit, and the client sees
                    // what is shown.
                    let at = request.filters.len().saturating_sub(measured);
                    let dropped = bounds::told(request.filters.get(at..).unwrap_or_default());
                    turn.note(format!(
                        "«{}»: no row states the quantities asked for: {dropped} dropped",
                        request.text
                    ));
                    request.filters.truncate(request.filters.len().saturating_sub(measured));
                    return Search::send(turn, Asked { request, measured: 0, goods });
                }
                let (results, rows) = match goods {
                    Some(mut goods) => {
                        if !goods.take(results, self.min_score.value) {
                            (goods.together, None)
                        } else if let Some(next) = goods.next(&request) {
                            return Search::look_up(
                                turn,
                                Asked { request, measured, goods: Some(goods) },
                                next,
                            );
                        } else {
                            turn.note(format!("searched for one by one: {}", goods.told()));
                            (SearchResults::default(), Some(goods.rows()))
                        }
                    }
                    None => match Goods::of(&request.text, &results).filter(|_| self.several) {
                        Some(goods) if let Some(next) = goods.next(&request) => {
                            return Search::look_up(
                                turn,
                                Asked { request, measured, goods: Some(goods) },
                                next,
                            );
                        }
                        _ => (results, None),
                    },
                };
                if let Some(items) = rows {
                    let total = items.len() as u64;
                    let found = Found { query: request.text.clone(), total, items, request, remark: None };
                    return self.found(turn, found);
                }
                let remark = Remark::of(&results);
                let returned = results.hits.len();
                let hits = results.hits.into_iter().filter(|hit| hit.score >= self.min_score.value);
                let items: Vec<_> = hits.map(|hit| hit.product).collect();
                // Where the page itself holds rows that are too far off, the rest would be farther.
                let total = if items.len() < returned { items.len() as u64 } else { results.total };
                turn.note(format!(
                    "«{}»: {returned} rows of {}, {} near enough ({:.2})",
                    request.text,
                    results.total,
                    items.len(),
                    self.min_score.value
                ));
                match &remark {
                    Some(Remark::NearArticle(near)) => {
                        turn.note(format!(
                            "no article is «{}»; rows with a number like it come first",
                            near.code
                        ));
                    }
                    Some(Remark::OnlyAccessories) => {
                        turn.note("every row is for what was asked for, none is it".to_owned());
                    }
                    None => {}
                }
                let found = Found { query: request.text.clone(), total, items, request, remark };
                self.found(turn, found)
            }
            NodeInput::Outcome(QueryOutcome::Failed { reason }) => Err(Fault(reason)),
            NodeInput::Outcome(other) => Err(Fault(format!("an outcome of another query: {other:?}"))),
            _ => self.ask(turn),
        }
    }
}

impl Search {
    fn ask(&self, turn: &mut TurnContext<'_>) -> Result<NodeOutcome, Fault> {
        let mut text = match &self.query {
            Some(query) => turn.render(query)?,
            None => match extract::wanted(turn.message()) {
                Some(wanted) => {
                    turn.note(format!("read as «{wanted}»"));
                    wanted
                }
                None => turn.message().to_owned(),
            },
        };
        // A query made of slots may be longer than a message can be.
        text.truncate(cut(&text, MAX_TEXT).len());
        let (rest, measures) = bounds::measure_bounds(&text);
        let mut filters = Vec::new();
        text = rest;
        if self.price.named() {
            let bounds = extract::price_bounds(&text);
            if let Some(bounds) = &bounds {
                text.clone_from(&bounds.rest);
            }
            let (min, max) = bounds.map_or((None, None), |bounds| (bounds.min, bounds.max));
            for (slot, value, comparison) in
                [(&self.price.min, min, Comparison::Ge), (&self.price.max, max, Comparison::Le)]
            {
                if let Some(value) = value.filter(|_| slot.is_some()) {
                    filters.push(Filter {
                        field: Field::Price,
                        comparison,
                        value: FilterValue::Number(value),
                    });
                }
            }
            // A new search without a price clears the old bounds: it is about something else. A bound that the slot does not
            // take still bounds the search: nothing at that price is the honest answer.
            self.price.keep(turn, &filters)?;
        }
        if let Some(filter) = &self.filter {
            filters.extend(turn.filters(filter)?);
        }
        let measured = measures.len();
        filters.extend(measures);
        let read = cut(&text, SearchRequest::MAX_TEXT).len();
        if read < text.len() {
            text.truncate(read);
            turn.note(format!("the first {} characters were looked up", text.chars().count()));
        }
        let request = SearchRequest {
            text,
            language: turn.language(),
            filters,
            limit: self.limit.value,
            semantic_ratio: self.semantic_ratio.value,
            min_score: self.min_score.value,
            ..SearchRequest::default()
        };
        Search::send(turn, Asked { request, measured, goods: None })
    }

    fn found(&self, turn: &mut TurnContext<'_>, found: Found) -> Result<NodeOutcome, Fault> {
        let exit = if found.items.is_empty() {
            "empty"
        } else if found.total < self.few {
            "few"
        } else {
            "found"
        };
        turn.context_mut().begin_search();
        turn.set_slot(&self.into, json!(found))?;
        turn.set_results(&self.into);
        Ok(NodeOutcome::exit(exit))
    }

    /// Searches for one of several goods.
    fn look_up(turn: &mut TurnContext<'_>, asked: Asked, next: SearchRequest) -> Result<NodeOutcome, Fault> {
        turn.set_state(&asked)?;
        Ok(NodeOutcome::Query(Query::Search(next)))
    }

    fn send(turn: &mut TurnContext<'_>, asked: Asked) -> Result<NodeOutcome, Fault> {
        bounds::note_filters(turn, &asked.request);
        turn.set_state(&asked)?;
        Ok(NodeOutcome::Query(Query::Search(asked.request)))
    }
}
