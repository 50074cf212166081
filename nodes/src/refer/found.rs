//! Rows that are looked up before the answer: a changed search, an article that was not shown, a list of goods.

use serde_json::json;
use tolmach_engine::{
    catalog::{Hit, Product, SearchRequest, SearchResults},
    effect::Query,
    kind::{Fault, NodeOutcome},
    results::Found,
    turn_context::TurnContext,
};

use super::{
    Refer, State,
    listing::Listing,
    moves::{self, Refinement},
    reading::Reading,
    rows::{self, RowWords},
    telling,
};
use crate::{bounds, extract, phrases};

/// Rows that are asked for where they must hold the words of the message.
const CONFIRMED: u32 = 40;
/// The score from which a line of a list is that row, and not only like it.
pub(super) const SURE: f32 = 0.9;
/// Rows a page where what was shown does not say.
const PAGE: u32 = 5;

impl Refer {
    pub(super) fn search(
        &self,
        turn: &mut TurnContext<'_>,
        refinement: Refinement,
    ) -> Result<NodeOutcome, Fault> {
        let Refinement { request, confirm, narrowed, instead, cheaper, loose, .. } = refinement;
        let asked = SearchRequest {
            limit: if confirm { request.limit.max(CONFIRMED) } else { request.limit.max(1) },
            language: turn.language(),
            ..request.clone()
        };
        bounds::note_filters(turn, &request);
        turn.set_state(&Some(State::Refining { request, confirm, narrowed, instead, cheaper, loose }))?;
        Ok(NodeOutcome::Query(Query::Search(asked)))
    }

    pub(super) fn refined(
        &self,
        turn: &mut TurnContext<'_>,
        refinement: Refinement,
        results: SearchResults,
    ) -> Result<NodeOutcome, Fault> {
        let Refinement { request, confirm, narrowed, instead, cheaper, loose, .. } = refinement;
        let hits = results.hits.into_iter().filter(|hit| hit.score >= request.min_score);
        let mut items: Vec<Product> = hits.map(|hit| hit.product).collect();
        let mut total = results.total;
        let (mut request, mut narrowed) = (request, narrowed);
        if confirm {
            let of_section = sections(turn);
            items.retain(|row| {
                of_section.is_empty()
                    || of_section.contains(&row.category.ru)
                    || of_section.contains(&row.category.en)
            });
            if loose {
                let passed_over = pass_over(&mut narrowed, &items, turn);
                let changed = turn.context().narrowed != narrowed
                    || turn
                        .context()
                        .shown
                        .as_ref()
                        .is_some_and(|shown| shown.request.filters != request.filters);
                if !changed {
                    return self.decline(turn, "no word of it is of rows");
                }
                let kept = |word: &&str| !passed_over.iter().any(|passed| passed == word);
                request.text = request.text.split_whitespace().filter(kept).collect::<Vec<_>>().join(" ");
            }
            // Everything that narrowed the search, this message included.
            let reading = Reading::of_words(&narrowed);
            let returned = items.len();
            items.retain(|row| RowWords::of(row).fits(&reading));
            if items.is_empty() {
                turn.note(format!("«{}»: no row of that kind holds it", request.text));
                if let Some(text) = instead {
                    return self.instead(turn, &text);
                }
                return self.decline(turn, "it may name something else");
            }
            if items.len() < returned {
                total = items.len() as u64;
            }
        }
        let limit = if request.limit == 0 { PAGE } else { request.limit } as usize;
        if items.len() > limit {
            items.truncate(limit);
        }
        turn.note(format!("«{}»: {} rows of {total}", request.text, items.len()));
        if items.is_empty() {
            return self.nothing(turn, &request, cheaper);
        }
        self.price.keep(turn, &request.filters)?;
        let found = Found { query: request.text.clone(), total, items, request, remark: None };
        turn.context_mut().narrow(narrowed);
        turn.set_slot(&self.into, json!(found))?;
        turn.set_results(&self.into);
        Ok(NodeOutcome::exit("found"))
    }

    /// Something else is wanted: the message is read on as if it said only that.
    fn instead(&self, turn: &mut TurnContext<'_>, text: &str) -> Result<NodeOutcome, Fault> {
        turn.note(format!("«{text}» is wanted instead"));
        turn.read_on_as(text);
        self.decline(turn, "it may name something else")
    }

    /// A row that was not shown, compared with those that were.
    pub(super) fn compared(
        &self,
        turn: &mut TurnContext<'_>,
        mut rows: Vec<Product>,
        results: SearchResults,
    ) -> Result<NodeOutcome, Fault> {
        let Some(hit) = exact(results) else {
            return self.decline(turn, "there is no such article to compare with");
        };
        rows.retain(|row| row.id != hit.product.id);
        rows.push(hit.product);
        rows.truncate(moves::MOST_TOLD);
        let text = telling::comparison(&rows, turn.language());
        self.tell(turn, text, &rows)
    }

    /// A row that was not shown, chosen by its article.
    pub(super) fn chosen(
        &self,
        turn: &mut TurnContext<'_>,
        quantity: Option<f64>,
        results: SearchResults,
    ) -> Result<NodeOutcome, Fault> {
        let reading = Reading::of(&extract::without_contact(turn.message()));
        let (Some(hit), Some(reading)) = (exact(results), reading) else {
            return self.decline(turn, "there is no such article");
        };
        self.choose(turn, &reading, vec![(hit.product, quantity)])
    }

    /// Nothing fits the change. Where something cheaper was asked for, the cheapest row is an answer too.
    fn nothing(
        &self,
        turn: &mut TurnContext<'_>,
        request: &SearchRequest,
        cheaper: bool,
    ) -> Result<NodeOutcome, Fault> {
        let cheapest = turn.context().shown.as_ref().and_then(|shown| {
            let at = rows::extreme(&shown.rows, true)?;
            shown.rows.get(at).cloned()
        });
        if let Some(row) = cheapest.filter(|_| cheaper) {
            let language = turn.language();
            let text =
                format!("{} {}", phrases::NOTHING_CHEAPER.get(language), telling::line(&row, language));
            return self.tell(turn, text, &[row]);
        }
        self.price.keep(turn, &request.filters)?;
        Ok(NodeOutcome::exit("empty"))
    }

    /// Looks up the next line of a list; when all are, what was found is in the order, and what was not is named.
    pub(super) fn look_up(&self, turn: &mut TurnContext<'_>, listing: Listing) -> Result<NodeOutcome, Fault> {
        let language = turn.language();
        if let Some(request) = listing.next(language) {
            turn.set_state(&Some(State::Listing(listing)))?;
            return Ok(NodeOutcome::Query(Query::Search(request)));
        }
        if listing.is_foreign() {
            return self.decline(turn, "no line of the list is in the catalogue");
        }
        let (text, [sure, unsure, missing]) = listing.put_into(&mut turn.context_mut().order, language);
        turn.note(format!("{sure} lines found, {unsure} unsure, {missing} not found"));
        turn.say(text, Vec::new());
        Ok(NodeOutcome::exit("ordered"))
    }
}

impl Refinement {
    /// A search that is not changed in what it asks for.
    pub(super) fn plain(turn: &TurnContext<'_>, request: SearchRequest) -> Refinement {
        let narrowed = turn.context().narrowed.clone();
        Refinement {
            request,
            confirm: false,
            narrowed,
            instead: None,
            why: String::new(),
            cheaper: false,
            loose: false,
        }
    }
}

/// The row whose article was looked up.
fn exact(results: SearchResults) -> Option<Hit> {
    results.hits.into_iter().next().filter(|hit| hit.near.is_none() && hit.score >= SURE)
}

/// Takes the words out of `narrowed` that the message adds and that none of the rows holds; returns them.
fn pass_over(narrowed: &mut Vec<String>, rows: &[Product], turn: &mut TurnContext<'_>) -> Vec<String> {
    let words: Vec<RowWords> = rows.iter().map(RowWords::of).collect();
    let known = turn.context().narrowed.clone();
    let mut passed_over = Vec::new();
    narrowed.retain(|word| {
        let held = known.contains(word)
            || words.iter().any(|words| words.fits(&Reading::of_words(std::slice::from_ref(word))));
        if !held {
            passed_over.push(word.clone());
        }
        held
    });
    if !passed_over.is_empty() {
        turn.note(format!("passed over: «{}»", passed_over.join(" ")));
    }
    passed_over
}

/// The sections of the rows that were shown, in both languages; none where a row has none.
fn sections(turn: &TurnContext<'_>) -> Vec<String> {
    let Some(shown) = &turn.context().shown else { return Vec::new() };
    if shown.rows.iter().any(|row| row.category.is_empty()) {
        return Vec::new();
    }
    let names = shown.rows.iter().flat_map(|row| [row.category.ru.clone(), row.category.en.clone()]);
    names.filter(|name| !name.is_empty()).collect()
}
