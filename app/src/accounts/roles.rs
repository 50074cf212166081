//! Who may do what.

use serde::{Deserialize, Serialize};

/// The role of an account.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything but owners' accounts and the database as it is.
    Administrator,
    /// Clients: chats, leads, the catalogue.
    Manager,
    /// Dialogs: reads chats, tunes flows.
    Analyst,
}

/// Something that a role may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// To see one's own account and change its password, second factor and settings.
    OwnAccount,
    /// To see figures.
    SeeFigures,
    /// To read chats.
    ReadChats,
    /// To see what language models were asked.
    SeePrompts,
    /// To take chats, write to clients, and note.
    Answer,
    /// To see leads with contacts.
    SeeLeads,
    /// To change leads.
    ChangeLeads,
    /// To export leads to a file.
    ExportLeads,
    /// To see and search the catalogue.
    SeeCatalogue,
    /// To upload price lists, publish them, and go back.
    ChangeCatalogue,
    /// To see flows, texts, drafts and releases.
    SeeFlows,
    /// To change texts, answers and the company's particulars, and publish them.
    EditContent,
    /// To change flows and their tests, publish them, and go back to an earlier release.
    EditFlows,
    /// To see and change the accounts of others.
    ManagePeople,
    /// To see and change the settings of the program.
    ManageSettings,
    /// To read the audit log.
    SeeAudit,
    /// To see how the system is, and its log.
    SeeSystem,
    /// To retry and discard tasks.
    ManageJobs,
    /// To see and change the database row by row.
    EditData,
    /// To see how the arms of experiments compare.
    SeeExperiments,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 4] = [Role::Owner, Role::Administrator, Role::Manager, Role::Analyst];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Administrator => "administrator",
            Role::Manager => "manager",
            Role::Analyst => "analyst",
        }
    }

    /// The role of this name.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether the role may do something. This table is the only place where that is decided; what it does not allow is denied.
    pub const fn may(self, what: Permission) -> bool {
        use Permission as P;
        match self {
            Role::Owner => true,
            Role::Administrator => !matches!(what, P::EditData),
            Role::Manager => matches!(
                what,
                P::OwnAccount
                    | P::SeeFigures
                    | P::ReadChats
                    | P::SeePrompts
                    | P::Answer
                    | P::SeeLeads
                    | P::ChangeLeads
                    | P::ExportLeads
                    | P::SeeCatalogue
                    | P::ChangeCatalogue
                    | P::SeeFlows
                    | P::EditContent
            ),
            // Contacts of clients are not needed to tune dialogs.
            Role::Analyst => {
                matches!(
                    what,
                    P::OwnAccount
                        | P::SeeFigures
                        | P::ReadChats
                        | P::SeePrompts
                        | P::SeeCatalogue
                        | P::SeeFlows
                        | P::EditContent
                        | P::EditFlows
                        | P::SeeExperiments
                )
            }
        }
    }

    /// The roles that may do something.
    pub fn that_may(what: Permission) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| role.may(what))
    }
}
