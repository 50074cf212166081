//! One chat: its head, its messages with the turns that they belong to, and what stands beside them.

use serde_json::{Value, json};
use tolmach_app::{
    accounts::Permission,
    inbox::{self, Conversation},
    leads::detail,
};
use tolmach_engine::{
    Session,
    effect::{Action, Author, Outgoing, SentFile},
    event::{EventKind, StaffAction},
};
use tolmach_runtime::{
    WouldSay,
    ports::{DeliveryState, DialogRow, FILE_PREFIX, HandoffChange, MessageRow, TurnLine},
};

use super::{list, sees_contacts, turn};
use crate::{Panel, context::Visit, error::Failure, gate::encode};

/// The page of a chat.
pub(super) fn address(key: &str) -> String {
    format!("/admin/inbox/{}", encode_key(key))
}

/// A chat's key in a path: a slash of it is none of the path.
fn encode_key(key: &str) -> String {
    encode(key).replace('/', "%2F")
}

/// The channel's name in a key.
pub(super) fn channel(key: &str) -> &'static str {
    match key.split_once(':').map(|(channel, _)| channel) {
        Some("telegram") => "telegram",
        _ => "web",
    }
}

pub(super) fn language(row: &DialogRow) -> &str {
    if row.language.is_empty() { "ru" } else { &row.language }
}

/// What a client is called: as the channel knows them, or by the end of the chat's key.
pub(super) fn name(panel: &Panel, visit: &Visit, row: &DialogRow) -> String {
    if !row.client.is_empty() && sees_contacts(visit) {
        return row.client.clone();
    }
    let id: String = row.chat.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    format!("{} {id}", panel.renderer.text(visit.language, "chat.client"))
}

pub(super) fn head(panel: &Panel, visit: &Visit, row: &DialogRow) -> Value {
    let list::State { state, since, level } = list::state(visit, row);
    json!({
        "id": row.chat,
        "href": address(&row.chat),
        "name": name(panel, visit, row),
        "channel": channel(&row.chat),
        "site": null,
        "language": language(row),
        "begun": row.updated,
        "state": state,
        "since": since,
        "level": level,
        "staff": row.holder,
        "waits_at": null,
        "files": panel.options.files.takes(&row.chat),
    })
}

/// The messages with days and events between them, oldest first.
pub(super) fn messages(
    panel: &Panel,
    visit: &Visit,
    conversation: &Conversation,
    part: inbox::Part,
) -> Value {
    let Conversation { row, messages, earlier, turns, deliveries } = conversation;
    let client = name(panel, visit, row);
    let mut items = Vec::new();
    let mut day = None;
    // The first message of a chat and the command before it are received at the same moment.
    let of_client =
        |line: &&TurnLine| !matches!(line.event.kind, EventKind::Timer { .. } | EventKind::Staff { .. });
    let (mut answered, others): (Vec<&TurnLine>, Vec<&TurnLine>) = turns.iter().partition(of_client);
    let mut others = others.into_iter().peekable();
    let mut happened = Happened::default();
    // What a turn of the client changed stands after what was said in it.
    let mut later = Vec::new();
    let mut last = match part {
        inbox::Part::After(seq) => seq,
        _ => messages.first().map(|message| message.seq).unwrap_or_default(),
    };
    for (at, message) in messages.iter().enumerate() {
        let this_day = visit.times.day_number(message.at);
        if day != this_day {
            day = this_day;
            items.push(json!({ "kind": "day", "at": message.at }));
        }
        if message.who == Author::Client {
            items.append(&mut later);
        }
        // Turns that brought no message of the client: timers, and what staff did.
        while let Some(line) = others.next_if(|line| line.at <= message.at) {
            items.append(&mut later);
            items.extend(happened.lines(line, last));
        }
        let mut shown = shown(panel, visit, message, &client, messages.get(at + 1));
        if let Some(state) = deliveries.get(&message.seq) {
            delivery(visit, &row.chat, message.seq, state, &mut shown);
        }
        if message.who == Author::Client
            && let Some(found) = answered.iter().position(|line| line.at == message.at)
        {
            let line = answered.remove(found);
            shown["turn"] = summary(line, &row.chat);
            later = happened.lines(line, message.seq);
        }
        last = message.seq;
        items.push(shown);
    }
    items.append(&mut later);
    for line in others {
        items.extend(happened.lines(line, last));
    }
    let first = messages.first().map(|message| message.seq);
    let before = first.filter(|_| *earlier);
    json!({
        "items": items,
        "before": before,
        "before_href": before.map(|before| format!("{}?before={before}", address(&row.chat))),
        "empty": messages.is_empty() && part == inbox::Part::Last,
    })
}

/// How the delivery of a message stands, and how it is sent again.
fn delivery(visit: &Visit, chat: &str, message: i64, state: &DeliveryState, shown: &mut Value) {
    let (key, why) = match state {
        DeliveryState::Waiting { attempts: 0, .. } => ("queued", None),
        DeliveryState::Waiting { failure, .. } => ("delayed", failure.as_deref()),
        DeliveryState::Delivered => ("delivered", None),
        DeliveryState::Failed { why } => ("failed", Some(why.as_str())),
    };
    shown["delivery"] = key.into();
    shown["why"] = why.into();
    if matches!(state, DeliveryState::Failed { .. }) && visit.may(Permission::Answer) {
        shown["again"] = format!("{}/messages/{message}/again", address(chat)).into();
    }
}

/// Who has the chat, as far as the turns before tell.
#[derive(Default)]
struct Happened {
    /// `None` where the turns before do not tell; an empty name when nobody has it.
    holder: Option<String>,
}

impl Happened {
    /// What a turn changed of who has the chat, as lines between messages. `seq` is that of the message before.
    fn lines(&mut self, line: &TurnLine, seq: i64) -> Vec<Value> {
        let (action, by) = match &line.event.kind {
            EventKind::Staff { action, by } => (Some(action), by.clone().unwrap_or_default()),
            _ => (None, String::new()),
        };
        let mut lines = Vec::new();
        let mut add = |event: &str, icon: &str, name: &str, reason: &str, people: &str| {
            let calls = event.starts_with("handed_off");
            lines.push(json!({
                "kind": "event", "id": format!("e{}-{}", line.seq, lines.len()), "seq": seq, "at": line.at,
                "event": event, "icon": icon, "calls": calls, "name": name, "reason": reason, "people": people,
            }));
        };
        for change in &line.handoff {
            match (change, action) {
                (HandoffChange::Ended, Some(_)) => add("returned", "bot", &by, "", ""),
                (HandoffChange::Ended, None) => add("timed_out", "clock", "", "", ""),
                // Told below, with the name.
                (HandoffChange::Begun { .. }, Some(StaffAction::Take | StaffAction::Say { .. })) => {}
                (HandoffChange::Begun { reason, groups }, Some(StaffAction::Return) | None) => {
                    let event = match (reason.trim().is_empty(), groups.is_empty()) {
                        (true, true) => "handed_off_bare",
                        (true, false) => "handed_off_to",
                        (false, true) => "handed_off_silent",
                        (false, false) => "handed_off",
                    };
                    add(event, "users", "", reason.trim(), &groups.join(", "));
                }
            }
            self.holder = Some(String::new());
        }
        let begun = line.handoff.iter().any(|change| matches!(change, HandoffChange::Begun { .. }));
        let takes = match action {
            Some(StaffAction::Take) => true,
            // Whoever writes takes the chat over.
            Some(StaffAction::Say { .. }) => {
                begun || self.holder.as_ref().is_some_and(|holder| *holder != by)
            }
            Some(StaffAction::Return) | None => false,
        };
        if takes {
            add("taken", "lock", &by, "", "");
        }
        if takes || matches!(action, Some(StaffAction::Say { .. })) {
            self.holder = Some(by);
        }
        lines
    }
}

/// A turn folded to one line.
fn summary(line: &TurnLine, chat: &str) -> Value {
    let path: Vec<&str> = line.visits.iter().map(|visit| visit.node.as_str()).collect();
    json!({
        "seq": line.seq,
        "path": path.join(" → "),
        "href": format!("{}/turns/{}", address(chat), line.seq),
        "page_href": format!("{0}?turn={1}#turn-{1}", address(chat), line.seq),
        "failed": line.visits.iter().any(|visit| visit.fault.is_some()),
    })
}

fn shown(
    panel: &Panel,
    visit: &Visit,
    message: &MessageRow,
    client: &str,
    next: Option<&MessageRow>,
) -> Value {
    let MessageRow { seq, who, body, at } = message;
    let mut shown = json!({
        "kind": "message", "seq": seq, "at": at, "who": "client", "name": client, "text": body, "lang": visit.language.code(),
        "photo": null, "files": [], "cards": [], "buttons": [], "pressed": false, "unsupported": null, "delivery": null,
        "why": null, "again": null, "turn": null,
    });
    if *who == Author::Client {
        let kind = body.strip_prefix('[').and_then(|body| body.strip_suffix(']'));
        if let Some(kind) = kind.filter(|kind| panel.renderer.has(&format!("unsupported.{kind}"))) {
            shown["unsupported"] = kind.into();
        }
        return shown;
    }
    let said: Outgoing = serde_json::from_str(body).unwrap_or_default();
    // What was pressed stands in the next message of the client by its label.
    let pressed = next.filter(|next| next.who == Author::Client).map(|next| next.body.as_str());
    let buttons: Vec<Value> = said
        .buttons
        .iter()
        .map(|button| {
            let url = match &button.action {
                Action::Open { url } => Some(url),
                Action::Press { .. } => None,
            };
            let was_pressed = url.is_none() && pressed == Some(button.label.as_str());
            json!({ "label": button.label, "url": url, "pressed": was_pressed })
        })
        .collect();
    let cards: Vec<Value> = said
        .cards
        .iter()
        .map(|card| {
            json!({
                "article": card.article, "name": card.name, "price": card.price, "stock": card.stock,
                "photo": own_photo(card.photo.as_deref()),
            })
        })
        .collect();
    let text = |key| panel.renderer.text(visit.language, key);
    shown["who"] = if *who == Author::Staff { "staff" } else { "bot" }.into();
    shown["name"] = said.staff.unwrap_or_else(|| text("chat.bot_name").to_owned()).into();
    shown["text"] = said.text.into();
    shown["lang"] = said.language.code().into();
    shown["photo"] = own_photo(said.photo.as_deref()).into();
    shown["buttons"] = buttons.into();
    shown["cards"] = cards.into();
    shown["files"] = said.files.iter().filter_map(file).collect();
    shown
}

/// A file that staff sent, at its address on this server.
fn file(file: &SentFile) -> Option<Value> {
    let SentFile { address, name, bytes, .. } = file;
    let href = Some(address).filter(|address| address.starts_with(FILE_PREFIX))?;
    Some(json!({ "href": href, "name": name, "size": bytes, "picture": file.is_picture() }))
}

/// A photo that this server keeps: pages load nothing from elsewhere.
fn own_photo(photo: Option<&str>) -> Option<&str> {
    let own = [tolmach_runtime::ports::PHOTO_PREFIX, tolmach_engine::image::IMAGE_PREFIX];
    photo.filter(|photo| own.iter().any(|own| photo.starts_with(own)))
}

/// Fills what stands beside a chat: facts, memory, lead, notes.
pub(super) async fn beside(panel: &Panel, visit: &Visit, key: &str, data: &mut Value) -> Result<(), Failure> {
    let beside = inbox::beside(panel.store(), key).await?;
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: &str, href: Option<String>| {
        if !value.is_empty() {
            facts.push(json!({ "key": name, "value": value, "href": href }));
        }
    };
    if let Some(lead) = beside.lead.as_ref().filter(|_| sees_contacts(visit)) {
        let contact = |name: &str| lead.lead.contact.get(name).cloned().unwrap_or_default();
        fact("name", &contact("name"), None);
        let phone = contact("phone");
        let digits: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        fact("phone", &phone, Some(format!("tel:{digits}")));
        let email = contact("email");
        fact("email", &email, Some(format!("mailto:{email}")));
        data["lead"] = json!({
            "href": format!("/admin/leads/{}", encode(&lead.id)),
            "status": lead.status.name(),
            "need": lead.lead.summary,
        });
    }
    if let Some(session) = &beside.session {
        if sees_contacts(visit) {
            let handle = &session.client.username;
            fact("username", &(if handle.is_empty() { String::new() } else { format!("@{handle}") }), None);
        }
        data["memory"] = memory(panel, visit, session).await?;
        data["chat"]["waits_at"] =
            session.waits_at().map(|(flow, node)| format!("{flow}.{node}")).unwrap_or_default().into();
    }
    data["no_contact"] = (facts.is_empty() && sees_contacts(visit)).into();
    data["facts"] = facts.into();
    let notes: Vec<Value> = beside
        .notes
        .iter()
        .map(|note| json!({ "name": note.author, "text": note.body, "at": note.at }))
        .collect();
    data["notes"] = notes.into();
    Ok(())
}

/// The slots of the flows that run, and the row in focus; personal ones only for those who see contacts.
async fn memory(panel: &Panel, visit: &Visit, session: &Session) -> Result<Value, Failure> {
    let whole = sees_contacts(visit);
    let redacted = if whole {
        None
    } else {
        let releases = panel.options.runtime.releases();
        Some(releases.with_release(&session.release, |release| session.redacted(release)).await?)
    };
    let session = match &redacted {
        None => session,
        Some(Some(redacted)) => redacted,
        // Nobody knows which of its values are personal.
        Some(None) => return Ok(json!([])),
    };
    let slots = session.frames.iter().flat_map(|frame| &frame.slots);
    let shown = slots
        .map(|(name, value)| (name, detail::told(value, visit.language)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| json!({ "label": name, "value": value }));
    Ok(shown.take(40).collect())
}

/// What the bot would say.
pub(super) fn would(would: Option<&WouldSay>) -> Value {
    let Some(would) = would else { return json!({ "state": "silent" }) };
    let texts: Vec<&str> =
        would.said.iter().map(|said| said.text.as_str()).filter(|text| !text.is_empty()).collect();
    let cards: Vec<Value> = would
        .said
        .iter()
        .flat_map(|said| &said.cards)
        .map(|card| json!({ "article": card.article, "name": card.name, "price": card.price }))
        .collect();
    let (exit, score) = turn::decided(&would.trace);
    json!({
        "state": "ready", "text": texts.join("\n\n"), "exit": exit, "score": score, "cards": cards, "sources": [],
    })
}

#[cfg(test)]
mod tests {
    use tolmach_engine::event::{Client, Event};

    use super::*;

    fn line(seq: i64, kind: EventKind, handoff: Vec<HandoffChange>) -> TurnLine {
        let (client, origin) = (Client::default(), None);
        let event =
            Event { id: Default::default(), at: seq, client, origin, sent: Vec::new(), reading: None, kind };
        TurnLine { seq, at: seq, event, release: String::new(), visits: Vec::new(), handoff }
    }

    fn staff(seq: i64, by: &str, action: StaffAction, handoff: Vec<HandoffChange>) -> TurnLine {
        line(seq, EventKind::Staff { action, by: Some(by.to_owned()) }, handoff)
    }

    #[test]
    fn who_has_the_chat_is_told_once() {
        let begun = |reason: &str, groups: &[&str]| HandoffChange::Begun {
            reason: reason.to_owned(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        };
        let message = || EventKind::Message { text: "?".to_owned() };
        let timer = || EventKind::Timer { name: "handoff".to_owned() };
        let lines = [
            line(1, message(), vec![begun("нужен человек", &["sales"])]),
            line(2, timer(), vec![HandoffChange::Ended]),
            line(3, message(), vec![begun(" ", &[])]),
            staff(4, "Mila", StaffAction::say("я тут"), vec![]),
            staff(5, "Mila", StaffAction::say("и ещё"), vec![]),
            staff(6, "Adam", StaffAction::say("и я"), vec![]),
            staff(7, "Adam", StaffAction::Return, vec![HandoffChange::Ended]),
            // A return by which the flow goes on and calls a person again.
            staff(8, "Mila", StaffAction::Take, vec![begun("по просьбе", &[])]),
            staff(9, "Mila", StaffAction::Return, vec![HandoffChange::Ended, begun("снова", &["sales"])]),
        ];
        let mut happened = Happened::default();
        let told: Vec<String> = lines
            .iter()
            .flat_map(|line| happened.lines(line, 0))
            .map(|line| {
                let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
                format!("{} {}{}{}", text("event"), text("name"), text("reason"), text("people"))
            })
            .collect();
        assert_eq!(
            told,
            [
                "handed_off нужен человекsales",
                "timed_out ",
                "handed_off_bare ",
                "taken Mila",
                "taken Adam",
                "returned Adam",
                "taken Mila",
                "returned Mila",
                "handed_off сноваsales",
            ]
        );
    }
}
