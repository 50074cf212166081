//! Cards of products and their further pages, as several kinds show them.

use tolmach_engine::{
    catalog::{ArticleMatch, NearArticle, Product, SearchRequest},
    effect::{Button, Card, Outgoing, Query, QueryOutcome},
    kind::{Fault, NodeOutcome},
    language::Language,
    phrases,
    results::{Found, Remark},
    turn_context::TurnContext,
};

use crate::phrases as nodes_phrases;

/// The search results of a slot as a message shows them.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) cards: Vec<Card>,
    /// The button for the next page.
    pub(crate) more: Option<Button>,
    /// What is to be said before: the rows are not simply what was asked for.
    remark: Option<String>,
}

impl Shown {
    /// The results of a slot; nothing without one.
    pub(crate) fn of_slot(turn: &mut TurnContext<'_>, slot: Option<&str>) -> Shown {
        let Some(found) = slot.and_then(|slot| turn.found(slot)) else { return Shown::default() };
        turn.show(&found);
        let cards = turn.cards(&found.items);
        let remark = found.remark.as_ref().map(|remark| said(remark, &found.items, turn.language()));
        Shown { cards, more: turn.more_button(&found), remark }
    }

    /// A text for the cards, with what is to be said before it.
    pub(crate) fn with_remark(&mut self, text: String) -> String {
        match self.remark.take() {
            Some(remark) if text.is_empty() => remark,
            Some(remark) => format!("{remark}\n\n{text}"),
            None => text,
        }
    }
}

/// A remark in words. Of numbers that are nearly the code, the characters that differ are in brackets.
fn said(remark: &Remark, items: &[Product], language: Language) -> String {
    let Remark::NearArticle(NearArticle { code, by }) = remark else {
        return nodes_phrases::ONLY_ACCESSORIES.get(language).to_owned();
    };
    match by {
        ArticleMatch::Beginning => nodes_phrases::BEGINS_WITH.get(language).replace("{}", code),
        ArticleMatch::Similar => {
            let near = items.iter().filter_map(|item| marked(&item.article, code)).take(MOST_MARKED);
            let near: Vec<String> = near.collect();
            let phrase = nodes_phrases::SIMILAR_TO.get(language).replace("{}", code);
            if near.is_empty() { phrase } else { format!("{phrase}: {}.", near.join(", ")) }
        }
    }
}

/// The most numbers that are written out with their difference.
const MOST_MARKED: usize = 3;

/// An article number with what differs from a code in brackets («78-1[84]7» for «78-1487»); `None` if too much differs for the
/// number to be meant.
fn marked(article: &str, code: &str) -> Option<String> {
    let (article, code): (Vec<char>, Vec<char>) = (article.chars().collect(), code.chars().collect());
    let same = |(a, b): &(&char, &char)| a.to_lowercase().eq(b.to_lowercase());
    let before = article.iter().zip(&code).take_while(same).count();
    let rest = |of: &[char]| of.len() - before;
    let after = article.iter().rev().zip(code.iter().rev()).take_while(same).count();
    let after = after.min(rest(&article)).min(rest(&code));
    let differs = article.get(before..article.len() - after)?;
    if differs.len() > MOST_DIFFERING || article.is_empty() {
        return None;
    }
    let text = |from: usize, to: usize| article.get(from..to).unwrap_or_default().iter().collect::<String>();
    let middle =
        if differs.is_empty() { String::new() } else { format!("[{}]", text(before, article.len() - after)) };
    Some(format!("{}{middle}{}", text(0, before), text(article.len() - after, article.len())))
}

/// The most characters in brackets.
const MOST_DIFFERING: usize = 4;

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
        turn.say(turn.phrase(phrases::NO_MORE).to_owned(), Vec::new());
        return Ok(NodeOutcome::exit("done"));
    }
    let found = Found { query: request.text.clone(), total: results.total, items, request, remark: None };
    turn.show(&found);
    let cards = turn.cards(&found.items);
    let buttons = turn.more_button(&found).into_iter().collect();
    turn.send(Outgoing { cards, buttons, ..Outgoing::default() });
    Ok(NodeOutcome::exit("done"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_differs_is_marked() {
        let check = |article: &str, code: &str, expected: Option<&str>| {
            assert_eq!(super::marked(article, code).as_deref(), expected, "{article} for {code}");
        };
        check("78-1847", "78-1487", Some("78-1[84]7"));
        check("78-1847", "78-1846", Some("78-184[7]"));
        check("78-1847", "78-18477", Some("78-1847"));
        check("KR-90", "kr-91", Some("KR-9[0]"));
        check("ТОВАР-1", "78-1487", None);
        check("", "78-1487", None);
    }
}
