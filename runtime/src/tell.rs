//! Notices to staff that are sent outside dialog turns: reports, results of jobs.

use tolmach_engine::{
    Release,
    effect::{Command, Effect, Notice},
    language::Language,
};

use crate::{
    ports::{self, ChatKey},
    runtime::Runtime,
    staff::unlimited,
};

impl Runtime {
    /// Sends a notice to a staff group, in the first language of the flow in which chats begin; Russian if that is
    /// unknown. `russian` and `english` are (subject, text). A notice with a known `id` is not sent again.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn notify_staff(
        &self,
        id: &str,
        group: &str,
        russian: (&str, &str),
        english: (&str, &str),
    ) -> ports::Result<()> {
        let speaks = |release: &Release| release.flow(&release.entry)?.header.languages.first().copied();
        let language = self.releases.current().and_then(|current| speaks(&current.ready.release));
        let (subject, text) = if language == Some(Language::En) { english } else { russian };
        let (group, subject, text) = (group.to_owned(), subject.to_owned(), text.to_owned());
        let command = Command::Notify(Notice { group, subject, text, about_chat: false });
        let effect = Effect { id: id.to_owned(), command };
        let rows = unlimited(&self.ports.staff.get(), &ChatKey::new(), &effect);
        self.ports.store.post(rows, self.ports.clock.now()).await
    }
}
