//! Results of operations, which the writer sends to the callers.

use tolmach_runtime::ports::{
    AccountSaved, ChatKey, CommitOutcome, Erased, LeadChanged, PublishOutcome, Removed, Written,
};

/// The result of one operation. An accessor for another variant returns a default; that does not occur by construction.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Chats(Vec<ChatKey>),
    Outcome(CommitOutcome),
    Published(PublishOutcome),
    /// Whether the operation found something to do.
    Found(bool),
    Count(i64),
    Removed(Removed),
    Erased(Erased),
    Lead(LeadChanged),
    Account(AccountSaved),
    Written(Written),
    Done,
}

impl Answer {
    pub(super) fn chats(self) -> Vec<ChatKey> {
        if let Answer::Chats(chats) = self { chats } else { Vec::new() }
    }

    /// For another variant, which is impossible by construction, the safe result: nothing was stored.
    pub(super) fn outcome(self) -> CommitOutcome {
        if let Answer::Outcome(outcome) = self { outcome } else { CommitOutcome::Conflict }
    }

    pub(super) fn published(self) -> PublishOutcome {
        if let Answer::Published(outcome) = self {
            outcome
        } else {
            PublishOutcome::Conflict { current: None }
        }
    }

    pub(super) fn found(self) -> bool {
        matches!(self, Answer::Found(true))
    }

    pub(super) fn count(self) -> i64 {
        if let Answer::Count(count) = self { count } else { 0 }
    }

    pub(super) fn lead(self) -> LeadChanged {
        if let Answer::Lead(changed) = self { changed } else { LeadChanged::Unknown }
    }

    pub(super) fn account(self) -> AccountSaved {
        if let Answer::Account(saved) = self { saved } else { AccountSaved::Conflict }
    }

    pub(super) fn written(self) -> Written {
        if let Answer::Written(written) = self { written } else { Written::Conflict }
    }

    pub(super) fn removed(self) -> Removed {
        if let Answer::Removed(removed) = self { removed } else { Removed::default() }
    }

    pub(super) fn erased(self) -> Erased {
        if let Answer::Erased(erased) = self { erased } else { Erased::default() }
    }
}
