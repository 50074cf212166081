//! Notices to the staff that no turn of a dialog sends: reports, results of jobs.

use tolmach_engine::{
    Release,
    effect::{Command, Effect, Notice},
    language::Language,
};

use crate::{
    ports::{self, ChatKey},
    runtime::Runtime,
    staff::notices,
};

impl Runtime {
    /// Tells a group something outside any dialog, in the first language of the flow in which chats begin. The same id
    /// is told once.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn tell(
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
        let rows = notices(&self.parts.staff, &ChatKey::new(), &[Effect { id: id.to_owned(), command }]);
        self.parts.store.post(rows, self.parts.clock.now()).await
    }
}
