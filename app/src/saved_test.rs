//! A chat's dialog saved as a dialog test: for `tolmach chat --save-test` and for the panel.

use tolmach_engine::{Session, event::EventKind, text::shorten};
use tolmach_runtime::{
    Record, Runtime,
    ports::{self, TurnQuery},
    testing::{self, Saved, SavedTurn},
};

use crate::release;

/// Why a dialog is not saved.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such chat, or it has had no turn.
    #[error("nothing was said in {0}, so there is no test to save")]
    Nothing(String),
    /// The dialog is too long.
    #[error("the dialog has more than {0} turns; a test of so many shows nothing")]
    LongDialog(u32),
    /// A stored trace or session cannot be read.
    #[error("a stored trace or session cannot be read")]
    Unreadable(#[from] serde_json::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] ports::Error),
}

/// How a dialog is saved.
#[derive(Clone, Debug, Default)]
pub struct SaveOptions<'s> {
    /// The last turn that is saved, by its `seq`; `None` for the whole dialog.
    pub until: Option<i64>,
    /// The most turns; `None` for no bound.
    pub most: Option<u32>,
    /// What the test is called; `None` for the client's first message.
    pub name: Option<String>,
    /// Names that other tests have already: the test gets a number behind its name where it is one of them.
    pub taken: &'s [String],
    /// Whether to expect cards. Only the sample catalogue has the same products everywhere.
    pub cards: bool,
    /// Whether recorded replies of models become the test's script; otherwise the offline composer gave them.
    pub script: bool,
}

/// A dialog as a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedTest {
    /// Its name.
    pub name: String,
    /// Its steps.
    pub steps: usize,
    /// The entry of a test file, in YAML. The client's messages stand in it as they were written.
    pub yaml: String,
}

/// Writes the dialog of a chat as a test.
///
/// # Errors
/// When the chat has had no turn, it is too long, something stored cannot be read, or the database is unavailable.
pub async fn save(runtime: &Runtime, chat: &str, options: SaveOptions<'_>) -> Result<SavedTest, Error> {
    let store = runtime.store();
    let SaveOptions { until, most, name, taken, cards, script } = options;
    // One more than is saved tells how the last one left the session, and whether there are too many.
    let limit = most.map_or(u32::MAX, |most| most.saturating_add(1));
    let mut stored = store.turns(&TurnQuery::of(chat, limit)).await?;
    let cut = stored.iter().position(|turn| until.is_some_and(|until| turn.seq > until));
    let after = cut.and_then(|at| stored.drain(at..).next());
    if stored.is_empty() {
        return Err(Error::Nothing(chat.to_owned()));
    }
    if let Some(most) = most.filter(|most| stored.len() > usize::try_from(*most).unwrap_or(usize::MAX)) {
        return Err(Error::LongDialog(most));
    }
    let mut turns = Vec::new();
    for turn in stored {
        let record: Record = serde_json::from_str(&turn.trace)?;
        let exchanges = runtime
            .releases()
            .with_release(&turn.release, |release| record.exchanges(release, &turn.event))
            .await?;
        turns.push(SavedTurn { event: turn.event, record, exchanges: exchanges.unwrap_or_default() });
    }
    let last: Session = match (after, store.chat(chat).await?.session) {
        (Some(next), _) => serde_json::from_str::<Record>(&next.trace)?.before,
        (None, Some(session)) => serde_json::from_str(&session)?,
        (None, None) => Session::default(),
    };
    let name = free(name.unwrap_or_else(|| first_words(&turns)), taken);
    let language = last.client.language;
    let yaml = testing::write(&Saved { name: &name, language, cards, script, turns: &turns, last: &last });
    Ok(SavedTest { name, steps: turns.len(), yaml })
}

/// The names of all dialog tests of the current release.
///
/// # Errors
/// When the database is unavailable.
pub async fn names_of_release(runtime: &Runtime) -> ports::Result<Vec<String>> {
    let Some(id) = runtime.releases().current_id() else { return Ok(Vec::new()) };
    let bundle = match release::bundle(&**runtime.store(), &id).await {
        Ok(bundle) => bundle,
        Err(release::Error::Store(error)) => return Err(error),
        // A release that is not kept has no names to avoid.
        Err(_) => return Ok(Vec::new()),
    };
    let tests = bundle.tests().flat_map(|(path, text)| testing::read(path, text).0);
    Ok(tests.map(|test| test.name.value).collect())
}

/// The name, with a number where another test has it already.
fn free(name: String, taken: &[String]) -> String {
    let numbered = (2..).map(|number| format!("{name} ({number})"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| !taken.contains(name)).unwrap_or(name)
}

/// The first message of the client, shortened.
fn first_words(turns: &[SavedTurn]) -> String {
    let said = turns.iter().find_map(|turn| match &turn.event.kind {
        EventKind::Message { text } => Some(shorten(&text.replace('\n', " "), 60)),
        _ => None,
    });
    said.unwrap_or_else(|| "a saved dialog".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_gets_a_number() {
        let taken = ["a".to_owned(), "a (2)".to_owned()];
        let name = |name: &str| free(name.to_owned(), &taken);
        assert_eq!((name("a"), name("b")), ("a (3)".to_owned(), "b".to_owned()));
    }
}
