//! What a turn adds to the panel's figures.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tolmach_engine::{
    Session,
    effect::{Author, Command, Effect},
    event::{Event, EventKind},
    trace::{Trace, Visit},
};

use crate::ports::{DialogFact, MessageRow, TurnFigures};

/// What happened in a turn.
pub(crate) struct Turned<'t> {
    pub(crate) events: &'t [&'t Event],
    pub(crate) before: &'t Session,
    pub(crate) after: &'t Session,
    pub(crate) effects: &'t [Effect],
    pub(crate) messages: &'t [MessageRow],
    pub(crate) trace: &'t Trace,
    /// Milliseconds since the Unix epoch.
    pub(crate) at: i64,
    pub(crate) zone: &'t TimeZone,
}

/// The figures of a turn.
pub(crate) fn of(turn: &Turned<'_>) -> TurnFigures {
    let staff = turn.messages.iter().find(|message| message.who == Author::Staff);
    let of_effect = |effect: &Effect| match &effect.command {
        Command::Send(message) if !message.cards.is_empty() && message.staff.is_none() => {
            Some(DialogFact::Shown)
        }
        Command::HandOff { .. } => Some(DialogFact::Called),
        Command::Lead(_) => Some(DialogFact::Lead),
        _ => None,
    };
    let mut facts: Vec<DialogFact> = turn.effects.iter().filter_map(of_effect).collect();
    facts.extend(turn.events.iter().any(|event| client_speaks(event)).then_some(DialogFact::Spoke));
    facts.extend(staff.map(|_| DialogFact::Staff));
    facts.extend(turn.after.awaited_since.map(|_| DialogFact::Called));
    let asks = |visit: &Visit| visit.kind == "collect_contact" && visit.fault.is_none();
    facts.extend(turn.trace.visits.iter().any(asks).then_some(DialogFact::Contact));
    facts.sort_unstable();
    facts.dedup();
    TurnFigures {
        day: day(turn.at, turn.zone),
        facts,
        reply: staff.zip(turn.before.awaited_since).map(|(staff, since)| (staff.at - since).max(0)),
        intent: intent(&turn.trace.visits),
    }
}

/// The day in the time zone, counted from 1970-01-01.
pub(crate) fn day(at: i64, zone: &TimeZone) -> i64 {
    let utc = at.div_euclid(86_400_000);
    let Ok(time) = Timestamp::from_millisecond(at) else { return utc };
    let date = time.to_zoned(zone.clone()).date();
    Date::new(1970, 1, 1).and_then(|epoch| epoch.until(date)).map_or(utc, |span| i64::from(span.get_days()))
}

/// Whether the client did something beyond opening the chat.
fn client_speaks(event: &Event) -> bool {
    match &event.kind {
        EventKind::Command { name, .. } => name != "start",
        EventKind::Timer { .. } | EventKind::Staff { .. } => false,
        EventKind::Message { .. }
        | EventKind::Press { .. }
        | EventKind::Contact { .. }
        | EventKind::Unsupported { .. } => true,
    }
}

/// The exit of the first classification. A message that `faq` answers after it was not understood counts as its hit.
fn intent(visits: &[Visit]) -> Option<String> {
    let at = visits.iter().position(|visit| visit.kind == "classify" && visit.exit.is_some())?;
    let exit = visits.get(at)?.exit.clone()?;
    let answered =
        |visit: &&Visit| visit.kind == "faq" && visit.exit.as_deref() == Some("hit") && visit.fault.is_none();
    match visits.iter().skip(at).find(answered) {
        Some(faq) if exit == TurnFigures::UNSURE => Some(faq.kind.clone()),
        _ => Some(exit),
    }
}

#[cfg(test)]
mod tests {
    use tolmach_engine::effect::{Card, Outgoing};

    use super::*;

    fn turned<'t>(
        before: &'t Session,
        effects: &'t [Effect],
        messages: &'t [MessageRow],
        trace: &'t Trace,
    ) -> Turned<'t> {
        static UTC: TimeZone = TimeZone::UTC;
        Turned { events: &[], before, after: before, effects, messages, trace, at: 0, zone: &UTC }
    }

    fn visit(kind: &str, exit: &str) -> Visit {
        Visit { kind: kind.to_owned(), exit: Some(exit.to_owned()), ..Visit::default() }
    }

    #[test]
    fn a_day_is_the_companys() {
        let moscow = TimeZone::get("Europe/Moscow").expect("known");
        // 1970-01-10 22:00 UTC.
        let at = 9 * 86_400_000 + 22 * 3_600_000;
        assert_eq!((day(at, &TimeZone::UTC), day(at, &moscow)), (9, 10));
    }

    #[test]
    fn what_is_shown_asked_and_called_counts() {
        let card = Card::default();
        let effect = |command| Effect { id: "1".to_owned(), command };
        let effects = [
            effect(Command::Send(Outgoing { cards: vec![card], ..Outgoing::default() })),
            effect(Command::HandOff { reason: String::new() }),
        ];
        let trace = Trace { visits: vec![visit("collect_contact", "wait")], ..Trace::default() };
        let found = of(&turned(&Session::default(), &effects, &[], &trace));
        assert_eq!(found.facts, [DialogFact::Shown, DialogFact::Contact, DialogFact::Called]);
        assert_eq!(found.intent, None);
    }

    #[test]
    fn the_first_answer_of_staff_is_measured() {
        let before = Session { awaited_since: Some(1_000), ..Session::default() };
        let answered = Session::default();
        let said = |who| [MessageRow { seq: 0, who, body: String::new(), at: 61_000 }];
        let trace = Trace::default();
        let staff = said(Author::Staff);
        let found = of(&Turned { after: &answered, ..turned(&before, &[], &staff, &trace) });
        assert_eq!((found.reply, found.facts), (Some(60_000), vec![DialogFact::Staff]));
        let waits = of(&turned(&before, &[], &said(Author::Bot), &trace));
        assert_eq!((waits.reply, waits.facts), (None, vec![DialogFact::Called]));
    }

    #[test]
    fn a_question_that_faq_answers_was_understood() {
        let unsure = visit("classify", "unsure");
        let named = |visits: &[Visit]| intent(visits).unwrap_or_default();
        assert_eq!(named(&[unsure.clone(), visit("faq", "miss")]), "unsure");
        assert_eq!(named(&[unsure, visit("faq", "hit")]), "faq");
        assert_eq!(named(&[visit("say", "next"), visit("classify", "price")]), "price");
    }
}
