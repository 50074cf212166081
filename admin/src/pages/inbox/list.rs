//! The list of chats.

use std::ops::Range;

use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_app::inbox;
use tolmach_engine::effect::Author;
use tolmach_runtime::{
    ports::{DialogQuery, DialogRow, Queue},
    texts,
};

use super::{MINUTES, chat};
use crate::{Panel, context::Visit, error::Failure, form::filled, gate::encode};

/// Chats on a page.
const PAGE: u32 = 40;
/// Characters of a text around what was found.
const AROUND: usize = 40;

/// Which chats are listed, as the address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Filter {
    pub(crate) queue: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) lead: Option<String>,
    pub(crate) q: Option<String>,
    /// The last row of the page before: `<time>~<chat>`.
    pub(crate) before: Option<String>,
}

impl Filter {
    pub(crate) fn queue(&self) -> &'static str {
        match self.queue.as_deref() {
            Some("waiting") => "waiting",
            Some("mine") => "mine",
            Some("unanswered") => "unanswered",
            _ => "all",
        }
    }

    pub(crate) fn shown(&self) -> Value {
        let text = |field| filled(field).unwrap_or_default();
        let set =
            [&self.channel, &self.language, &self.lead].into_iter().filter(|field| filled(field).is_some());
        json!({
            "q": text(&self.q),
            "channel": text(&self.channel),
            "language": text(&self.language),
            "lead": text(&self.lead),
            "set": set.count(),
        })
    }

    /// The query of the address, without the page.
    fn query(&self) -> String {
        let mut query = format!("queue={}", self.queue());
        for (name, field) in
            [("channel", &self.channel), ("language", &self.language), ("lead", &self.lead), ("q", &self.q)]
        {
            if let Some(value) = filled(field) {
                query.push_str(&format!("&{name}={}", encode(value)));
            }
        }
        query
    }

    fn is_narrowed(&self) -> bool {
        [&self.channel, &self.language, &self.lead, &self.q].into_iter().any(|field| filled(field).is_some())
    }
}

pub(super) async fn shown(
    panel: &Panel,
    visit: &Visit,
    filter: &Filter,
    current: Option<&str>,
) -> Result<Value, Failure> {
    let own = &visit.session()?.account.name;
    let query = filter.query();
    let mut chats = Vec::new();
    let mut more = Value::Null;
    let mut complete = true;
    if let Some(text) = filled(&filter.q) {
        let search = inbox::search(panel.store(), text).await?;
        complete = search.complete;
        for found in search.found {
            let mut row = listed(panel, visit, &found.row, &query, current);
            row["found"] = marked(&found.text, text);
            chats.push(row);
        }
    } else {
        let before = filled(&filter.before).and_then(|before| before.split_once('~'));
        let after = before.and_then(|(at, chat)| Some((at.parse().ok()?, chat.to_owned())));
        let queue = match filter.queue() {
            "waiting" => Queue::Awaited,
            "mine" => Queue::HeldBy(own.clone()),
            "unanswered" => Queue::Unanswered,
            _ => Queue::All,
        };
        let with_lead = match filled(&filter.lead) {
            Some("yes") => Some(true),
            Some("no") => Some(false),
            _ => None,
        };
        let asked = DialogQuery {
            queue,
            channel: filled(&filter.channel).map(str::to_owned),
            language: filled(&filter.language).map(str::to_owned),
            with_lead,
            after,
            limit: PAGE + 1,
        };
        let mut rows = inbox::list(panel.store(), &asked).await?;
        if rows.len() > PAGE as usize {
            rows.truncate(PAGE as usize);
            if let Some(last) = rows.last() {
                let at = match asked.queue {
                    Queue::Awaited => last.awaited_since.unwrap_or_default(),
                    _ => last.updated,
                };
                let before = encode(&format!("{at}~{}", last.chat));
                more = format!("/admin/inbox?{query}&before={before}").into();
            }
        }
        chats.extend(rows.iter().map(|row| listed(panel, visit, row, &query, current)));
    }
    let empty = match (chats.is_empty(), filter.is_narrowed(), filter.queue()) {
        (false, ..) => None,
        (true, true, _) => Some("filter"),
        (true, false, "all") => Some("first"),
        (true, false, _) => Some("queue"),
    };
    Ok(json!({
        "src": format!("/admin/inbox/list?{query}"),
        "chats": chats,
        "more_href": more,
        "empty": empty,
        "complete": complete,
    }))
}

fn listed(panel: &Panel, visit: &Visit, row: &DialogRow, query: &str, current: Option<&str>) -> Value {
    let own = visit.session.as_ref().map(|session| session.account.name.as_str());
    let who = match row.last.as_ref().map(|last| last.who) {
        Some(Author::Client) | None => "client",
        Some(Author::Bot) => "bot",
        Some(Author::Staff) if row.holder.as_deref() == own => "you",
        Some(Author::Staff) => "staff",
    };
    let last = row.last.as_ref().map(inbox::shown_text).unwrap_or_default();
    let last: String = last.chars().take(160).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let State { state, since, level } = state(visit, row);
    json!({
        "id": row.chat,
        "href": format!("{}?{query}", chat::address(&row.chat)),
        "name": chat::name(panel, visit, row),
        "channel": chat::channel(&row.chat),
        "language": chat::language(row),
        "at": row.last.as_ref().map_or(row.updated, |last| last.at),
        "who": who,
        "last": last,
        "unread": state == "waiting",
        "state": state,
        "since": since,
        "level": level,
        "staff": row.holder,
        "lead": row.has_lead,
        "unanswered": state == "bot" && row.said == Some(Author::Client),
        "found": null,
        "current": current == Some(row.chat.as_str()),
    })
}

/// Who has a chat.
pub(super) struct State {
    /// `waiting`, `mine`, `staff` or `bot`.
    pub(super) state: &'static str,
    pub(super) since: Option<i64>,
    pub(super) level: &'static str,
}

pub(super) fn state(visit: &Visit, row: &DialogRow) -> State {
    let own = visit.session.as_ref().map(|session| session.account.name.as_str());
    let (warn, bad) = MINUTES;
    let waited = row.awaited_since.map_or(0, |since| (visit.times.now - since) / 60_000);
    let level = if waited >= bad {
        "bad"
    } else if waited >= warn {
        "warn"
    } else {
        ""
    };
    let state = match (row.taken_over_at, &row.holder, row.awaited_since) {
        (None, ..) => "bot",
        (Some(_), Some(holder), _) if own == Some(holder) => "mine",
        (Some(_), None, _) => "waiting",
        (Some(_), Some(_), Some(_)) if waited >= bad => "waiting",
        (Some(_), Some(_), _) => "staff",
    };
    State { state, since: row.awaited_since.or(row.taken_over_at), level }
}

/// A text in parts, of which those are hits that a search for `wanted` has found, cut to what stands around the first of them.
fn marked(text: &str, wanted: &str) -> Value {
    let wanted: Vec<Vec<char>> =
        texts::searched(wanted).into_iter().map(|word| word.chars().collect()).collect();
    let letters: Vec<char> = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let hits = hits(&letters, &wanted);
    let Some(first) = hits.first() else {
        let start: String = letters.iter().take(3 * AROUND).collect();
        return json!([{ "text": start, "hit": false }]);
    };
    let (from, end) = (first.start.saturating_sub(AROUND), (first.end + 2 * AROUND).min(letters.len()));
    let part = |range: Range<usize>| letters.get(range).unwrap_or_default().iter().collect::<String>();
    let (mut parts, mut at) = (Vec::new(), from);
    for hit in hits.iter().filter(|hit| hit.end <= end) {
        let before = if parts.is_empty() && from > 0 { "…" } else { "" };
        parts.push(json!({ "text": format!("{before}{}", part(at..hit.start)), "hit": false }));
        parts.push(json!({ "text": part(hit.clone()), "hit": true }));
        at = hit.end;
    }
    parts.push(json!({ "text": part(at..end), "hit": false }));
    Value::Array(parts)
}

/// Where wanted words stand: the beginnings of words that they are found by.
fn hits(letters: &[char], wanted: &[Vec<char>]) -> Vec<Range<usize>> {
    let mut hits = Vec::new();
    let mut start = 0;
    for word in letters.split(|c| !c.is_alphanumeric()) {
        let lower: Vec<char> = word
            .iter()
            .map(|c| match c.to_lowercase().next().unwrap_or(*c) {
                'ё' => 'е',
                lower => lower,
            })
            .collect();
        let is_here = |wanted: &&Vec<char>| {
            lower.starts_with(wanted) && (wanted.len() > 1 || lower.len() == wanted.len())
        };
        if let Some(longest) = wanted.iter().filter(is_here).map(Vec::len).max() {
            hits.push(start..start + longest);
        }
        start += word.len() + 1;
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_marked_in_its_surroundings() {
        let marked =
            marked("А можно с человеком поговорить? Нужен Счёт на организацию на два насоса", "счёт");
        assert_eq!(marked[1]["text"], "Счёт");
        assert_eq!(marked[0]["text"], "А можно с человеком поговорить? Нужен ");
        assert_eq!(super::marked("нет", "счёт")[0]["hit"], false);
        let several = super::marked("насосы и Счета, и и", "и счет нас");
        let hits: Vec<&str> = several
            .as_array()
            .into_iter()
            .flatten()
            .filter(|part| part["hit"] == true)
            .filter_map(|part| part["text"].as_str())
            .collect();
        assert_eq!(hits, ["нас", "и", "Счет", "и", "и"]);
    }

    #[test]
    fn the_address_of_a_filter_is_escaped() {
        let filter =
            Filter { q: Some("a&b=ё".to_owned()), queue: Some("mine".to_owned()), ..Filter::default() };
        assert_eq!(filter.query(), "queue=mine&q=a%26b%3D%D1%91");
        assert!(filter.is_narrowed());
    }
}
