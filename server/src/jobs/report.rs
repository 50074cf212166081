//! The day in a message to the staff.

use tolmach_app::text::when;
use tolmach_runtime::{Runtime, ports::Day};

use crate::config;

const DAY: i64 = 86_400_000;

/// Tells the group how the last day went.
pub(super) async fn send(runtime: &Runtime, report: &config::Report, now: i64) -> anyhow::Result<()> {
    let day = runtime.store().day(now - DAY).await?;
    let id = format!("report:{}", report.day_of(now).unwrap_or_else(|| when(now)));
    let (ru, en) = (russian(&day), english(&day));
    runtime.tell(&id, &report.group, ("Итоги дня", &ru), ("The day", &en)).await?;
    Ok(())
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
        ["messages not delivered", "tasks put aside (tolmach jobs list)"],
    )
}

/// Troubles are named only where there are any.
fn lines(day: &Day, counts: [&str; 5], troubles: [&str; 2]) -> String {
    let counted = [day.chats, day.turns, day.leads, day.goals, day.handed];
    let all = counts.into_iter().zip(counted);
    let bad = troubles.into_iter().zip([day.undelivered, day.quarantined]).filter(|(_, count)| *count > 0);
    all.chain(bad).map(|(what, count)| format!("{what}: {count}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn troubles_are_told_only_when_there_are_any() {
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
