//! What the panel counts.

use serde_json::Value;
use tolmach_runtime::{
    leads::{LeadChange, LeadStatus},
    ports::{
        Actor, DialogFact as F, DialogFigures, FigurePeriod, LeadFigures, ModelCall, ModelCallRow,
        ModelFigures, ModelTimes, Purpose, ReplyFigures, Retention, Tokens, TurnFigures,
    },
};

use super::*;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// A Monday, 21:00 UTC: the next day in Moscow.
const BEGIN: i64 = 20_780 * DAY + 21 * HOUR;

/// A turn at a time, of the day that begins three hours before that of UTC.
async fn counted(store: &dyn Store, at: i64, chat: &str, figures: TurnFigures, commands: Vec<Command>) {
    store.receive(at, vec![text(chat, &format!("{chat}{at}"), "есть насос?")]).await.expect("received");
    let row = oldest(store, chat).await;
    let version = store.chat(chat).await.expect("read").version;
    let figures = TurnFigures { day: (at + 3 * HOUR).div_euclid(DAY), ..figures };
    let commit = Commit { figures, ..turn(&row, version, commands) };
    assert_eq!(store.commit(commit).await.expect("committed"), CommitOutcome::Stored);
}

fn facts(facts: &[F]) -> TurnFigures {
    TurnFigures { facts: facts.to_vec(), ..TurnFigures::default() }
}

fn meant(intent: &str) -> TurnFigures {
    TurnFigures { intent: Some(intent.to_owned()), ..facts(&[F::Spoke]) }
}

pub(crate) async fn counts_dialogs_leads_and_intents(place: &dyn TestDatabase) {
    let store = place.open().await;
    let lead = || Command::Lead(Lead { source: "form".to_owned(), ..Lead::default() });
    counted(&*store, BEGIN - 1, "web:0", facts(&[F::Spoke]), vec![]).await;
    counted(&*store, BEGIN, "web:1", meant("unsure"), vec![]).await;
    counted(&*store, BEGIN + 60, "web:1", meant("product"), vec![]).await;
    counted(&*store, BEGIN + 70, "web:1", facts(&[F::Shown]), vec![]).await;
    counted(&*store, BEGIN + 80, "web:1", facts(&[F::Lead]), vec![lead()]).await;
    counted(&*store, BEGIN + HOUR, "web:2", meant("product"), vec![]).await;
    counted(&*store, BEGIN + HOUR + 1, "web:2", facts(&[F::Called, F::Contact]), vec![]).await;
    let reply = |reply| TurnFigures { reply: Some(reply), ..facts(&[F::Staff]) };
    counted(&*store, BEGIN + HOUR + 2, "web:2", reply(90), vec![]).await;
    counted(&*store, BEGIN + HOUR + 3, "web:2", reply(7), vec![]).await;
    // Staff write on another day; the client does not: no dialog, but an answer.
    counted(&*store, BEGIN + DAY, "web:1", reply(30), vec![]).await;
    counted(&*store, BEGIN + 2 * DAY, "web:1", meant("price"), vec![lead()]).await;
    // Nothing that counts.
    counted(&*store, BEGIN + 2, "web:3", TurnFigures::default(), vec![]).await;

    let store = place.open().await;
    let period = FigurePeriod { from: BEGIN, until: BEGIN + 2 * DAY };
    let figures = |at, dialogs, alone| DialogFigures { at, dialogs, alone, ..DialogFigures::default() };
    assert_eq!(
        store.dialog_figures(&period, HOUR).await.expect("read"),
        [
            DialogFigures { shown: 1, leads: 1, ..figures(BEGIN, 1, 1) },
            DialogFigures { contact: 1, ..figures(BEGIN + HOUR, 1, 0) },
        ]
    );
    let before = FigurePeriod { from: BEGIN - DAY, until: BEGIN };
    assert_eq!(store.dialog_figures(&before, HOUR).await.expect("read"), [figures(BEGIN - HOUR, 1, 1)]);
    let whole = FigurePeriod { from: BEGIN, until: BEGIN + 3 * DAY };
    let days = store.dialog_figures(&whole, DAY).await.expect("read");
    assert_eq!(days.iter().map(|day| day.dialogs).collect::<Vec<_>>(), [2, 1], "days in UTC");

    let replies = store.reply_figures(&period).await.expect("read");
    assert_eq!(replies, ReplyFigures { dialogs: 2, median: Some(30) });
    assert_eq!(store.reply_figures(&before).await.expect("read"), ReplyFigures::default());

    let made = store.leads(&LeadQuery::newest(10)).await.expect("read");
    let won = LeadChange { status: Some(LeadStatus::Won), ..LeadChange::default() };
    store.change_lead(&made[0].id, won, &Actor::system(), BEGIN + DAY, None).await.expect("changed");
    let leads = |at, leads, won| LeadFigures { at, leads, won };
    assert_eq!(store.lead_figures(&period, HOUR).await.expect("read"), [leads(BEGIN, 1, 1)]);

    let intents = store.intent_figures(&period, 10).await.expect("read");
    assert_eq!(intents, [("product".to_owned(), 2), ("unsure".to_owned(), 1)]);
    let unsure = store.unsure_turns(&whole, 10).await.expect("read");
    let said: Vec<_> = unsure.iter().map(|turn| (turn.chat.as_str(), turn.at)).collect();
    assert_eq!(said, [("web:1", BEGIN)]);
    let row = &store.outbox("web:2").await.expect("read");
    assert_eq!((row.len(), store.undelivered().await.expect("read")), (0, 0));
    counted(&*store, BEGIN + 2 * DAY + 9, "web:2", TurnFigures::default(), vec![say("ответ")]).await;
    let effect = store.outbox("web:2").await.expect("read").remove(0).effect;
    store.postpone(&effect, BEGIN + 3 * DAY, "503").await.expect("postponed");
    assert_eq!(store.undelivered().await.expect("read"), 1);
    assert!(matches!(&unsure[0].event.kind, EventKind::Message { text } if text == "есть насос?"));
}

fn call_at(at: i64, millis: u64, failure: Option<&str>, usage: Option<Value>) -> ModelCallRow {
    ModelCallRow {
        seq: 0,
        id: Uuid::now_v7(),
        at,
        call: ModelCall {
            chat: CHAT.to_owned(),
            turn: Uuid::now_v7(),
            release: "r1".to_owned(),
            flow: "shop".to_owned(),
            node: "talk".to_owned(),
            purpose: Purpose::Generate,
            role: "default".to_owned(),
        },
        model: "example/small".to_owned(),
        attempt: 1,
        millis,
        failure: failure.map(str::to_owned),
        usage,
    }
}

pub(crate) async fn counts_model_calls(place: &dyn TestDatabase) {
    let store = place.open().await;
    let told = json!({ "prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": { "cached_tokens": 2 } });
    let mut rows: Vec<ModelCallRow> =
        (1..=20).map(|n| call_at(BEGIN + n, n as u64, None, Some(told.clone()))).collect();
    rows.push(call_at(BEGIN + 30, 5, Some("timeout"), None));
    rows.push(call_at(BEGIN + 31, 5, None, None));
    // A report that cannot be believed is not a report, and neither is half of one.
    rows.push(call_at(
        BEGIN + 32,
        5,
        None,
        Some(json!({ "prompt_tokens": u64::MAX, "completion_tokens": 1 })),
    ));
    rows.push(call_at(BEGIN + 33, 5, None, Some(json!({ "prompt_tokens": 4 }))));
    // An answer that could not be used was charged, too.
    rows.push(call_at(
        BEGIN + 34,
        5,
        Some("no label"),
        Some(json!({ "prompt_tokens": 1_000, "completion_tokens": 0 })),
    ));
    rows.push(call_at(BEGIN - 1, 5_000, None, Some(told)));
    store.record_model_calls(rows).await.expect("written");
    let period = FigurePeriod { from: BEGIN, until: BEGIN + DAY };
    let found = store.model_figures(&period).await.expect("read");
    let (purpose, model) = ("generate".to_owned(), "example/small".to_owned());
    let expected = ModelFigures {
        purpose: purpose.clone(),
        model: model.clone(),
        calls: 25,
        failed: 2,
        unknown: 3,
        tokens: Tokens { input: 1_140, cached: 40, output: 60 },
    };
    assert_eq!(found, [expected]);
    let times = |p95| ModelTimes { purpose: purpose.clone(), model: model.clone(), p95 };
    assert_eq!(store.model_times(&period, 1_000).await.expect("read"), [times(19)]);
    assert_eq!(store.model_times(&period, 2).await.expect("read"), [times(5)], "the newest");
}

/// Whatever begins and ends a period: hours that are summed and calls of the hours at its ends come to the same as counting all.
pub(crate) async fn sums_model_calls_of_any_period(place: &dyn TestDatabase) {
    let store = place.open().await;
    let model = |n: i64| format!("example/{}", n % 2);
    let rows: Vec<ModelCallRow> = (0..60)
        .map(|n| {
            let told = (n % 5 > 0).then(|| json!({ "prompt_tokens": n, "completion_tokens": 1 }));
            let failure = (n % 7 == 0).then(|| "timeout".to_owned());
            let call = call_at(BEGIN + n * 7 * 60_000, 5, failure.as_deref(), told);
            ModelCallRow { model: model(n), ..call }
        })
        .collect();
    store.record_model_calls(rows.clone()).await.expect("written");
    store.record_model_calls(rows.clone()).await.expect("written again, and counted once");
    let edges =
        [-HOUR, 0, 1, 7 * 60_000, HOUR - 1, HOUR, HOUR + 1, 2 * HOUR + 30 * 60_000, 7 * HOUR, 9 * HOUR];
    for (from, until) in edges.iter().flat_map(|from| edges.map(|until| (BEGIN + from, BEGIN + until))) {
        let mut expected: Vec<ModelFigures> = Vec::new();
        for row in rows.iter().filter(|row| from <= row.at && row.at < until) {
            let place = expected.iter().position(|sum| sum.model == row.model).unwrap_or_else(|| {
                let purpose = "generate".to_owned();
                let (calls, failed, unknown, tokens) = (0, 0, 0, Tokens::default());
                expected.push(ModelFigures {
                    purpose,
                    model: row.model.clone(),
                    calls,
                    failed,
                    unknown,
                    tokens,
                });
                expected.len() - 1
            });
            let sum = &mut expected[place];
            sum.calls += 1;
            sum.failed += u64::from(row.failure.is_some());
            sum.unknown += u64::from(row.failure.is_none() && row.usage.is_none());
            let told = row.usage.as_ref().and_then(|usage| usage["prompt_tokens"].as_u64());
            sum.tokens.input += told.unwrap_or_default();
            sum.tokens.output += u64::from(told.is_some());
        }
        expected.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.model.cmp(&b.model)));
        let found = store.model_figures(&FigurePeriod { from, until }).await.expect("read");
        assert_eq!(found, expected, "from {} until {}", from - BEGIN, until - BEGIN);
    }
    // What was spent is known longer than what was said for it.
    let whole = FigurePeriod { from: BEGIN, until: BEGIN + DAY };
    let before = store.model_figures(&whole).await.expect("read");
    let old = Some(BEGIN + DAY);
    let removed =
        store.retain(&Retention { turns: old, ..Retention::default() }, 100).await.expect("removed");
    assert_eq!(removed.tables().collect::<Vec<_>>(), [("model_calls", 60)]);
    assert_eq!(store.model_figures(&whole).await.expect("read"), before);
    let removed =
        store.retain(&Retention { analytics: old, ..Retention::default() }, 100).await.expect("removed");
    assert!(removed.tables().any(|(table, _)| table == "model_hours"));
    assert_eq!(store.model_figures(&whole).await.expect("read"), []);
}

/// As [`sums_model_calls_of_any_period`], for what clients meant.
pub(crate) async fn sums_intents_of_any_period(place: &dyn TestDatabase) {
    const STEP: i64 = 17 * 60_000;
    let store = place.open().await;
    let intent = |n: i64| ["product", "price", "unsure"][usize::try_from(n * n % 7 % 3).expect("small")];
    for n in 0..24 {
        counted(&*store, BEGIN + n * STEP, "web:1", meant(intent(n)), vec![]).await;
    }
    counted(&*store, BEGIN + HOUR, "web:2", facts(&[F::Shown]), vec![]).await;
    let edges = [-HOUR, 0, 1, STEP, HOUR - 1, HOUR, HOUR + 1, 2 * HOUR + 30 * 60_000, 7 * HOUR, 9 * HOUR];
    for (from, until) in edges.iter().flat_map(|from| edges.map(|until| (BEGIN + from, BEGIN + until))) {
        let mut expected: Vec<(String, u64)> = Vec::new();
        for n in (0..24).filter(|n| (from..until).contains(&(BEGIN + n * STEP))) {
            match expected.iter_mut().find(|(name, _)| name == intent(n)) {
                Some((_, turns)) => *turns += 1,
                None => expected.push((intent(n).to_owned(), 1)),
            }
        }
        expected.sort_by(|(a, few), (b, many)| many.cmp(few).then_with(|| a.cmp(b)));
        let found = store.intent_figures(&FigurePeriod { from, until }, 10).await.expect("read");
        assert_eq!(found, expected, "from {} until {}", from - BEGIN, until - BEGIN);
    }
    // What was meant is counted longer than what was said is kept.
    let whole = FigurePeriod { from: BEGIN, until: BEGIN + DAY };
    let before = store.intent_figures(&whole, 10).await.expect("read");
    let old = Some(BEGIN + DAY);
    store.retain(&Retention { turns: old, ..Retention::default() }, 100).await.expect("removed");
    assert_eq!(store.intent_figures(&whole, 10).await.expect("read"), before);
    let removed =
        store.retain(&Retention { analytics: old, ..Retention::default() }, 100).await.expect("removed");
    assert!(removed.tables().any(|(table, _)| table == "intent_hours"));
    assert_eq!(store.intent_figures(&whole, 10).await.expect("read"), []);
}

/// Turns and calls of models as versions stored them that kept tokens as JSON alone: told, with a cache, failed, not told, and not to be believed.
pub(crate) const CALLS_OF_BEFORE: &str = r#"
INSERT INTO turns (chat, event, release, trace, at, intent) VALUES
    ('web:1', '{}', 'r', '{}', 5, 'product'), ('web:1', '{}', 'r', '{}', 3600005, 'product'), ('web:1', '{}', 'r', '{}', 3600006, NULL);
INSERT INTO model_calls (id, at, chat, turn, release, flow, node, purpose, role, model, attempt, millis, failure, usage) VALUES
    ('1', 10, '', '', 'r', 'f', 'n', 'generate', 'default', 'm', 1, 5, NULL, '{"prompt_tokens":100,"completion_tokens":10}'),
    ('2', 10, '', '', 'r', 'f', 'n', 'generate', 'default', 'm', 1, 5, NULL,
        '{"prompt_tokens":100,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":64}}'),
    ('3', 10, '', '', 'r', 'f', 'n', 'generate', 'default', 'm', 1, 5, 'timeout', NULL),
    ('4', 10, '', '', 'r', 'f', 'n', 'generate', 'default', 'm', 1, 5, NULL, NULL),
    ('5', 10, '', '', 'r', 'f', 'n', 'generate', 'default', 'm', 1, 5, NULL, '{"prompt_tokens":"many","completion_tokens":10}'),
    ('6', 10, '', '', 'r', 'f', 'n', 'generate', 'default', 'm', 1, 5, NULL, '{"prompt_tokens":99999999999,"completion_tokens":10}'),
    ('7', 10, '', '', 'r', 'f', 'n', 'generate', 'default', 'm', 1, 5, NULL, 'no JSON')"#;

pub(crate) async fn counts_calls_of_before(store: &dyn Store) {
    let intents = store.intent_figures(&FigurePeriod { from: 0, until: 2 * HOUR }, 10).await.expect("read");
    assert_eq!(intents, [("product".to_owned(), 2)]);
    let found = store.model_figures(&FigurePeriod { from: 0, until: 100 }).await.expect("read");
    let expected = ModelFigures {
        purpose: "generate".to_owned(),
        model: "m".to_owned(),
        calls: 7,
        failed: 1,
        unknown: 4,
        tokens: Tokens { input: 200, cached: 64, output: 20 },
    };
    assert_eq!(found, [expected]);
}
