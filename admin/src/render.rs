//! Pages from templates. Values are always text: nothing that somebody wrote becomes markup.

mod helpers;

use std::sync::Arc;

use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use handlebars::Handlebars;
use rust_embed::RustEmbed;
use serde::Serialize;
use serde_json::{Value, json};
use tolmach_app::accounts::Permission;
use tolmach_engine::language::Language;

use crate::{Panel, SystemState, assets::Versions, context::Visit, error::Failure, texts::Texts};

#[derive(RustEmbed)]
#[folder = "templates"]
struct Templates;

/// Renders templates.
pub(crate) struct Renderer {
    engine: Handlebars<'static>,
    texts: Arc<Texts>,
}

impl Renderer {
    /// Compiles all templates.
    ///
    /// # Errors
    /// When a template or a text is malformed.
    pub(crate) fn new() -> Result<Renderer, String> {
        let texts = Arc::new(Texts::new()?);
        let mut engine = Handlebars::new();
        engine.set_strict_mode(true);
        // An indented part would indent the lines of texts in fields.
        engine.set_prevent_indent(true);
        for name in Templates::iter() {
            let file = Templates::get(&name).ok_or("a template is gone")?;
            let source = std::str::from_utf8(&file.data).map_err(|why| format!("{name}: {why}"))?;
            let name = name.strip_suffix(".hbs").unwrap_or(&name).to_owned();
            engine.register_template_string(&name, source).map_err(|why| format!("{name}: {why}"))?;
        }
        helpers::register(&mut engine, &texts, &Arc::new(Versions::new()));
        Ok(Renderer { engine, texts })
    }

    /// The text of a key, for scripts.
    pub(crate) fn text(&self, language: Language, key: &str) -> &'static str {
        self.texts.get(language, key).unwrap_or_default()
    }

    /// The texts whose keys have a beginning, by key without it, as JSON.
    pub(crate) fn texts_under(
        &self,
        language: Language,
        beginning: &'static str,
    ) -> serde_json::Map<String, Value> {
        self.texts.under(language, beginning).map(|(key, text)| (key.to_owned(), text.into())).collect()
    }

    /// A day and its month in few letters, for charts.
    pub(crate) fn short_day(&self, visit: &Visit, at: i64) -> String {
        visit.times.short_day(&self.texts, at)
    }

    /// A length of time in words.
    pub(crate) fn span(&self, visit: &Visit, millis: i64) -> String {
        visit.times.span(&self.texts, millis)
    }

    /// A count with its noun, `n.<noun>`.
    pub(crate) fn counted(&self, visit: &Visit, count: u64, noun: &str) -> String {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.texts.counted(visit.language, count, noun).unwrap_or_default()
    }

    /// Whether there is a text of this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.texts.get(Language::Ru, key).is_some()
    }

    fn html(&self, template: &str, data: &Value, visit: &Visit) -> Result<String, Failure> {
        let mut context = handlebars::Context::wraps(data).map_err(|why| failed(template, &why))?;
        helpers::with_times(&mut context, visit);
        self.engine.render_with_context(template, &context).map_err(|why| failed(template, &why))
    }
}

fn failed(template: &str, why: &dyn std::fmt::Display) -> Failure {
    tracing::error!(template, %why, "a page cannot be rendered");
    Failure::Unavailable
}

/// A page to be rendered: its template, the section that it belongs to, and its title.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'p> {
    pub(crate) template: &'static str,
    /// The key of the section in the side bar; empty for none.
    pub(crate) section: &'static str,
    pub(crate) title: &'p str,
}

impl Panel {
    /// Renders a page.
    ///
    /// # Errors
    /// When the database is unavailable, or the data do not fit the template.
    pub(crate) async fn page(
        &self,
        visit: &Visit,
        page: Page<'_>,
        data: impl Serialize,
    ) -> Result<Response, Failure> {
        self.page_with(visit, StatusCode::OK, page, data).await
    }

    /// Renders a page with another status.
    ///
    /// # Errors
    /// As [`Panel::page`].
    pub(crate) async fn page_with(
        &self,
        visit: &Visit,
        status: StatusCode,
        page: Page<'_>,
        data: impl Serialize,
    ) -> Result<Response, Failure> {
        let mut root = self.root(visit, page, data)?;
        if let Some(session) = visit.session.as_ref().filter(|session| session.login.passed) {
            let waiting = self.store().waiting(&session.account.name).await?;
            root["nav"] = nav(visit, page.section, waiting.awaited, waiting.new_leads);
            root["live"] = self.store().last_news().await?.into();
        }
        let html = self.renderer.html(page.template, &root, visit)?;
        Ok((status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
    }

    /// Renders a part of a page for a script.
    ///
    /// # Errors
    /// When the data do not fit the template.
    pub(crate) fn fragment(
        &self,
        visit: &Visit,
        template: &'static str,
        data: impl Serialize,
    ) -> Result<Response, Failure> {
        self.fragment_titled(visit, template, "", data)
    }

    /// As [`Panel::fragment`], with a title.
    ///
    /// # Errors
    /// As [`Panel::fragment`].
    pub(crate) fn fragment_titled(
        &self,
        visit: &Visit,
        template: &'static str,
        title: &str,
        data: impl Serialize,
    ) -> Result<Response, Failure> {
        let root = self.root(visit, Page { template, section: "", title }, data)?;
        let html = self.renderer.html(template, &root, visit)?;
        Ok(([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
    }

    fn root(&self, visit: &Visit, page: Page<'_>, data: impl Serialize) -> Result<Value, Failure> {
        let data = serde_json::to_value(data).map_err(|why| failed(page.template, &why))?;
        let language = visit.language;
        let other = Language::ALL.into_iter().find(|other| *other != language).unwrap_or(language);
        let system = (self.options.system)();
        let state = match system.state {
            SystemState::Good => "good",
            SystemState::Warn => "warn",
            SystemState::Bad => "bad",
        };
        let company = if visit.company.is_empty() { "Tolmach" } else { &visit.company };
        Ok(json!({
            "lang": language.code(),
            "other_lang": other.code(),
            "theme": visit.theme(),
            "side": if visit.settings.folded { "folded" } else { "open" },
            "keys": visit.settings.keys,
            "title": page.title,
            "csrf": visit.csrf,
            "demo": self.options.demo,
            "company": company,
            "me": me(visit),
            "nav": [],
            "live": 0,
            "system": { "state": state, "text_key": system.key, "detail": system.detail },
            "page": data,
        }))
    }
}

fn me(visit: &Visit) -> Value {
    let name = visit.session.as_ref().map(|session| session.account.name.as_str()).unwrap_or_default();
    let role = visit.session.as_ref().map(|session| session.role.name()).unwrap_or_default();
    let may = |what| visit.may(what);
    json!({
        "name": name,
        "initials": initials(name),
        "role": role,
        "can": {
            "inbox": may(Permission::ReadChats),
            "reply": may(Permission::Answer),
            "leads": may(Permission::SeeLeads),
            "lead_edit": may(Permission::ChangeLeads),
            "lead_export": may(Permission::ExportLeads),
            "catalogue": may(Permission::SeeCatalogue),
            "catalogue_edit": may(Permission::ChangeCatalogue),
            "flows": may(Permission::SeeFlows),
            "content_edit": may(Permission::EditContent),
            "flows_edit": may(Permission::EditFlows),
            "dashboard": may(Permission::SeeFigures),
            "system": may(Permission::SeeSystem),
        },
    })
}

/// The first letters of the first two words of a name.
pub(crate) fn initials(name: &str) -> String {
    name.split_whitespace()
        .take(2)
        .filter_map(|word| word.chars().next())
        .flat_map(char::to_uppercase)
        .collect()
}

/// The sections that somebody may see.
fn nav(visit: &Visit, current: &str, waiting: u64, new_leads: u64) -> Value {
    let item = |key: &str, href: &str, icon: &str, count: u64, urgent: bool| {
        json!({
            "key": key, "href": href, "icon": icon, "count": count, "urgent": urgent && count > 0, "current": key == current,
        })
    };
    let sections = [
        (Permission::SeeFigures, item("dashboard", "/admin/", "home", 0, false)),
        (Permission::ReadChats, item("inbox", "/admin/inbox", "inbox", waiting, true)),
        (Permission::SeeLeads, item("leads", "/admin/leads", "lead", new_leads, false)),
    ];
    let content = [
        (Permission::SeeCatalogue, item("catalogue", "/admin/catalogue", "box", 0, false)),
        (Permission::SeeFlows, item("texts", "/admin/texts", "text", 0, false)),
        (Permission::SeeFlows, item("flows", "/admin/flows", "flow", 0, false)),
    ];
    let manage = [
        (Permission::SeeExperiments, item("experiments", "/admin/experiments", "test", 0, false)),
        (Permission::ManagePeople, item("people", "/admin/people", "users", 0, false)),
        (Permission::ManageSettings, item("settings", "/admin/settings", "filter", 0, false)),
        (Permission::SeeSystem, item("system", "/admin/system", "pulse", 0, false)),
        (Permission::SeeSystem, item("logs", "/admin/logs", "log", 0, false)),
        (Permission::SeeAudit, item("audit", "/admin/audit", "note", 0, false)),
        (Permission::EditData, item("data", "/admin/data", "table", 0, false)),
    ];
    let allowed = |items: &[(Permission, Value)]| {
        items.iter().filter(|(what, _)| visit.may(*what)).map(|(_, item)| item.clone()).collect::<Vec<_>>()
    };
    let groups = [
        (Value::Null, allowed(&sections)),
        (json!("content"), allowed(&content)),
        (json!("manage"), allowed(&manage)),
    ];
    let shown = groups.into_iter().filter(|(_, items)| !items.is_empty());
    shown.map(|(group, items)| json!({ "group": group, "items": items })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in braces of a text.
    fn places(text: &str) -> impl Iterator<Item = &str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
    }

    #[test]
    fn every_place_of_a_text_is_filled() {
        let texts = Texts::new().expect("texts");
        let (mut calls, mut forgotten) = (0, Vec::new());
        for name in Templates::iter() {
            let source = Templates::get(&name).expect("a template").data;
            let source = String::from_utf8(source.into_owned()).expect("text");
            for (at, _) in source.match_indices("t \"").filter(|(at, _)| source[..*at].ends_with(['{', '(']))
            {
                // A script fills what stands in an attribute of its own.
                if source[..at]
                    .trim_end_matches('{')
                    .rsplit(' ')
                    .next()
                    .is_some_and(|word| word.starts_with("data-"))
                {
                    continue;
                }
                let call = source[at + 3..].split("}}").next().expect("a call");
                let key = call.split('"').next().expect("a key");
                calls += 1;
                for language in Language::ALL {
                    let text = texts.get(language, key).unwrap_or_else(|| panic!("{name}: no text {key}"));
                    let missing = places(text).filter(|place| !call.contains(&format!("{place}=")));
                    forgotten.extend(missing.map(|place| format!("{name}: {key} has {{{place}}}")));
                }
            }
        }
        assert!(calls > 300, "{calls} calls: the templates are read");
        assert_eq!(forgotten, Vec::<String>::new());
    }
}
