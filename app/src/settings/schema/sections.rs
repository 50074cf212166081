//! The sections, with all that each holds.

use super::{Entry, Field, Kind, Names, Part, Rows, Section};

pub(super) const fn field(key: &'static str, kind: Kind) -> Field {
    Field { key, kind, optional: false, private: false, restart: false }
}

pub(super) const fn text(key: &'static str) -> Field {
    field(key, Kind::Text)
}

pub(super) const fn optional(key: &'static str, kind: Kind) -> Field {
    Field { optional: true, ..field(key, kind) }
}

const fn private(key: &'static str, kind: Kind) -> Field {
    Field { private: true, ..field(key, kind) }
}

const fn restarted(field: Field) -> Field {
    Field { restart: true, ..field }
}

const fn days(key: &'static str) -> Entry {
    Entry::One(field(key, Kind::Number("days")))
}

const fn count(key: &'static str) -> Entry {
    Entry::One(field(key, Kind::Number("")))
}

/// All sections.
pub const SECTIONS: &[Section] = &[
    Section {
        name: "mail",
        parts: &[Part {
            name: "server",
            entries: &[
                Entry::One(text("smtp.host")),
                Entry::One(optional("smtp.port", Kind::Number(""))),
                Entry::One(field("smtp.tls", Kind::Choice(&["starttls", "tls", "none"]))),
                Entry::One(private("smtp.from", Kind::Text)),
                Entry::One(private("smtp.username", Kind::Text)),
                Entry::One(field("smtp.password", Kind::Secret)),
            ],
        }],
    },
    Section {
        name: "models",
        parts: &[
            Part {
                name: "model",
                entries: &[
                    Entry::One(text("llm.base_url")),
                    Entry::One(text("llm.model")),
                    Entry::One(field("llm.api_key", Kind::Secret)),
                    Entry::One(field("llm.timeout_seconds", Kind::Number("seconds"))),
                ],
            },
            Part {
                name: "roles",
                entries: &[Entry::Many(Rows {
                    key: "llm.roles",
                    names: Names::Word,
                    fields: &[
                        text("model"),
                        optional("base_url", Kind::Text),
                        optional("timeout_seconds", Kind::Number("seconds")),
                        field("api_key", Kind::Secret),
                    ],
                })],
            },
            Part {
                name: "prices",
                entries: &[Entry::Many(Rows {
                    key: "llm.prices",
                    names: Names::None,
                    fields: &[
                        text("model"),
                        field("input", Kind::Decimal),
                        optional("cached_input", Kind::Decimal),
                        field("output", Kind::Decimal),
                        text("currency"),
                        optional("from", Kind::Text),
                    ],
                })],
            },
        ],
    },
    Section {
        name: "staff",
        parts: &[Part {
            name: "groups",
            entries: &[Entry::Many(Rows {
                key: "staff",
                names: Names::Word,
                fields: &[private("telegram", Kind::List), private("email", Kind::List)],
            })],
        }],
    },
    Section {
        name: "retention",
        parts: &[
            Part {
                name: "kept",
                entries: &[
                    days("retention.messages_days"),
                    days("retention.chats_days"),
                    days("retention.silent_chats_days"),
                    days("retention.traces_days"),
                    days("retention.leads_days"),
                    days("retention.analytics_days"),
                    days("retention.audit_days"),
                    days("retention.buttons_days"),
                    days("retention.inbox_days"),
                    days("retention.outbox_days"),
                    days("retention.undelivered_days"),
                    days("retention.tasks_days"),
                    days("retention.quarantine_days"),
                    days("retention.uploads_days"),
                ],
            },
            Part {
                name: "report",
                entries: &[
                    Entry::One(text("report.at")),
                    Entry::One(text("report.timezone")),
                    Entry::One(text("report.group")),
                ],
            },
        ],
    },
    Section {
        name: "sites",
        parts: &[
            Part {
                name: "sites",
                entries: &[Entry::Many(Rows {
                    key: "sites",
                    names: Names::Word,
                    fields: &[
                        text("title.ru"),
                        text("title.en"),
                        optional("colours.accent", Kind::Text),
                        optional("colours.background", Kind::Text),
                        field("languages", Kind::List),
                        field("hosts", Kind::List),
                        optional("entry", Kind::Text),
                    ],
                })],
            },
            Part { name: "hosts", entries: &[Entry::One(field("web_hosts", Kind::List))] },
        ],
    },
    Section {
        name: "channels",
        parts: &[
            Part {
                name: "telegram",
                entries: &[
                    Entry::One(restarted(field("telegram.token", Kind::Secret))),
                    Entry::One(restarted(optional("telegram.api_url", Kind::Text))),
                ],
            },
            Part {
                name: "answers",
                entries: &[Entry::One(optional("debounce_ms", Kind::Number("milliseconds")))],
            },
        ],
    },
    Section {
        name: "limits",
        parts: &[
            Part {
                name: "notices",
                entries: &[
                    count("limits.notices.at_once"),
                    count("limits.notices.an_hour"),
                    count("limits.relayed.at_once"),
                    count("limits.relayed.an_hour"),
                ],
            },
            Part {
                name: "address",
                entries: &[
                    count("limits.address.connections"),
                    count("limits.address.requests"),
                    count("limits.address.sockets"),
                    count("limits.address.chats"),
                    count("limits.address.messages"),
                    count("limits.address.frames"),
                    count("limits.address.kib"),
                    count("limits.address.older"),
                ],
            },
            Part {
                name: "chat",
                entries: &[
                    count("limits.chat.sockets"),
                    count("limits.chat.messages"),
                    count("limits.chat.frames"),
                    count("limits.chat.kib"),
                    count("limits.chat.older"),
                ],
            },
            Part {
                name: "all",
                entries: &[
                    Entry::One(optional("limits.connections", Kind::Number(""))),
                    Entry::One(restarted(field("web_sockets", Kind::Number("")))),
                    Entry::One(field("files_mib", Kind::Number("mib"))),
                ],
            },
        ],
    },
    Section {
        name: "server",
        parts: &[
            Part {
                name: "asked",
                entries: &[Entry::Many(Rows {
                    key: "http.hosts",
                    names: Names::Host,
                    fields: &[field("authorization", Kind::Secret)],
                })],
            },
            Part {
                name: "import",
                entries: &[
                    Entry::One(text("import.currency")),
                    Entry::One(field("import.memory_mib", Kind::Number("mib"))),
                    Entry::One(field("import.seconds", Kind::Number("seconds"))),
                    count("import.rows"),
                ],
            },
            Part {
                name: "search",
                entries: &[
                    Entry::One(restarted(text("meilisearch.url"))),
                    Entry::One(restarted(text("meilisearch.index"))),
                    Entry::One(restarted(field("meilisearch.api_key", Kind::Secret))),
                ],
            },
            Part {
                name: "proxy",
                entries: &[
                    Entry::One(restarted(field(
                        "proxy.header",
                        Kind::Choice(&["", "x-forwarded-for", "x-real-ip"]),
                    ))),
                    Entry::One(restarted(optional("proxy.trusted", Kind::List))),
                    Entry::One(restarted(field("proxy.https", Kind::Flag))),
                ],
            },
            Part {
                name: "watching",
                entries: &[
                    Entry::One(field("log", Kind::Filter)),
                    Entry::One(field("health_token", Kind::Secret)),
                ],
            },
        ],
    },
];
