//! Cards of products and their further pages, as several kinds show them.

use tolmach_engine::{
    catalog::SearchRequest,
    effect::{Button, Card, Outgoing, Query, QueryOutcome},
    kind::{Fault, NodeOutcome},
    phrases,
    results::Found,
    turn_context::TurnContext,
};

/// The cards of a slot's search results and the button for the next page.
pub(crate) fn of_slot(turn: &mut TurnContext<'_>, slot: &str) -> (Vec<Card>, Option<Button>) {
    let Some(found) = turn.found(slot) else { return (Vec::new(), None) };
    let cards = turn.cards(&found.items);
    (cards, turn.more_button(&found))
}

/// Asks for a further page.
pub(crate) fn ask_for_more(turn: &mut TurnContext<'_>, request: SearchRequest) -> Result<NodeOutcome, Fault> {
    turn.set_state(&request)?;
    Ok(NodeOutcome::Query(Query::Search(request)))
}

/// Shows the page that [`ask_for_more`] asked for.
pub(crate) fn show_more(turn: &mut TurnContext<'_>, outcome: QueryOutcome) -> Result<NodeOutcome, Fault> {
    let results = match outcome {
        QueryOutcome::Search(results) => results,
        QueryOutcome::Failed { reason } => return Err(Fault(reason)),
        other => return Err(Fault(format!("an outcome of another query: {other:?}"))),
    };
    let request: Option<SearchRequest> = turn.state();
    let Some(request) = request else { return Err(Fault("a page that nobody asked for".to_owned())) };
    let items: Vec<_> = results.hits.into_iter().map(|hit| hit.product).collect();
    if items.is_empty() {
        turn.say(phrases::NO_MORE.get(turn.language()).to_owned(), Vec::new());
        return Ok(NodeOutcome::exit("done"));
    }
    let found = Found { query: request.text.clone(), total: results.total, items, request };
    let cards = turn.cards(&found.items);
    let buttons = turn.more_button(&found).into_iter().collect();
    turn.send(Outgoing { cards, buttons, ..Outgoing::default() });
    Ok(NodeOutcome::exit("done"))
}
