//! The daily report to the staff.

use tolmach_runtime::{
    Runtime,
    ports::{self, Actor, Day},
};

use crate::audit::Change;

/// Milliseconds in a day.
const DAY: i64 = 86_400_000;

/// Sends a staff group the counts of the last 24 hours. `day` identifies the report: it is sent once per `day`, however
/// often this is called.
///
/// Writes a `report.send` row of the audit log.
///
/// # Errors
/// When the database is unavailable.
pub async fn send(runtime: &Runtime, actor: &Actor, now: i64, day: &str, group: &str) -> ports::Result<()> {
    let mut change = Change::new(actor, "report.send", now);
    change.on(day);
    change.detail("group", group);
    let sent = notify_staff(runtime, now, day, group).await;
    change.end(&**runtime.store(), &sent).await;
    sent
}

async fn notify_staff(runtime: &Runtime, now: i64, day: &str, group: &str) -> ports::Result<()> {
    let counts = runtime.store().day(now - DAY).await?;
    let (ru, en) = (russian(&counts), english(&counts));
    runtime.notify_staff(&format!("report:{day}"), group, ("Итоги дня", &ru), ("The day", &en)).await
}

fn russian(day: &Day) -> String {
    lines(
        day,
        ["чатов", "ответов на сообщения", "заявок", "целей достигнуто", "чатов у сотрудников"],
        ["не доставлено сообщений", "отложено задач (tolmach jobs list)"],
    )
}

fn english(day: &Day) -> String {
    lines(
        day,
        ["chats", "messages answered", "leads", "goals reached", "chats with the staff"],
        ["messages not delivered", "tasks quarantined (tolmach jobs list)"],
    )
}

/// Failure counts are listed only when they are not 0.
fn lines(day: &Day, counts: [&str; 5], troubles: [&str; 2]) -> String {
    let counted = [day.chats, day.turns, day.leads, day.goals, day.taken_over];
    let all = counts.into_iter().zip(counted);
    let bad = troubles.into_iter().zip([day.undelivered, day.quarantined]).filter(|(_, count)| *count > 0);
    all.chain(bad).map(|(what, count)| format!("{what}: {count}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_listed_only_when_there_are_any() {
        let day = Day { chats: 3, turns: 17, leads: 1, ..Day::default() };
        assert_eq!(
            english(&day),
            "chats: 3\nmessages answered: 17\nleads: 1\ngoals reached: 0\nchats with the staff: 0"
        );
        let bad = Day { undelivered: 2, quarantined: 1, ..day };
        assert!(
            russian(&bad).ends_with("не доставлено сообщений: 2\nотложено задач (tolmach jobs list): 1"),
            "{}",
            russian(&bad)
        );
    }
}
