//! What is wrong with a configuration, in words that name the setting and the remedy.

use anyhow::bail;
use tolmach_adapters::email;
use tolmach_app::settings::{Problem, schema};

use super::Config;
use crate::log;

impl Config {
    /// What is wrong, of what is known without anything that is built of it.
    pub fn checked(&self) -> Vec<anyhow::Error> {
        let mut found = Vec::new();
        let mut take = |result: anyhow::Result<()>| found.extend(result.err());
        take(self.check_numbers());
        take(self.llm.prices().map(drop));
        take(self.retention.check());
        take(self.report.check());
        take(self.import.check());
        take(self.check_staff());
        take(self.limits.check());
        take(self.proxy.proxies().map(drop));
        take(self.web_hosts().map(drop));
        take(self.check_health_token());
        take(log::filter(&self.log).map(drop));
        self.sites.iter().for_each(|(name, site)| take(site.check(name)));
        found
    }

    fn check_numbers(&self) -> anyhow::Result<()> {
        if !(1..=600).contains(&self.llm.timeout_seconds) {
            bail!("llm.timeout_seconds is {}; it is 1 to 600", self.llm.timeout_seconds);
        }
        for (name, set) in [("debounce_ms", self.debounce_ms), ("burst_ms", self.burst_ms)] {
            if let Some(millis) = set.filter(|millis| *millis > 10_000) {
                bail!("{name} is {millis}; it is 0 to 10000");
            }
        }
        if !(1..=1_000_000).contains(&self.web_sockets) {
            bail!("web_sockets is {}; it is 1 to 1000000", self.web_sockets);
        }
        if !(1..=1_000_000).contains(&self.files_mib) {
            bail!("files_mib is {}; it is 1 to 1000000", self.files_mib);
        }
        Ok(())
    }

    /// A short token could be guessed.
    fn check_health_token(&self) -> anyhow::Result<()> {
        let token = self.health_token.expose();
        let printable = token.chars().all(|c| c.is_ascii_graphic());
        if !token.is_empty() && (token.len() < 16 || !printable) {
            bail!("health_token: at least 16 printable ASCII characters without spaces are expected");
        }
        Ok(())
    }

    fn check_staff(&self) -> anyhow::Result<()> {
        // Addresses are personal data: an error names the group and the position instead.
        for (name, group) in &self.staff {
            if let Some(at) = group.telegram.iter().position(|id| id.parse::<i64>().is_err()) {
                bail!(
                    "staff.{name}.telegram, entry {}: a chat's numeric id such as -1001234567890 is expected",
                    at + 1
                );
            }
            if let Some(at) = group.email.iter().position(|address| !email::is_address(address)) {
                bail!(
                    "staff.{name}.email, entry {}: an address such as sales@example.com is expected",
                    at + 1
                );
            }
        }
        Ok(())
    }
}

/// Mistakes by their words, with the setting that they are about, where they do not begin with it.
const KNOWN: [(&str, &str, &str); 35] = [
    ("the token is not one that BotFather gives", "telegram.token", "token"),
    ("the API address is no http(s) address", "telegram.api_url", "model_url"),
    ("is not set but other settings of smtp are", "smtp.host", "mail_no_host"),
    ("host is no name of a server", "smtp.host", "mail_host"),
    ("would send mail and password in the open", "smtp.tls", "mail_open"),
    ("username is set but password is not", "smtp.password", "mail_no_password"),
    ("password is set but username is not", "smtp.username", "mail_no_username"),
    ("from is no address", "smtp.from", "mail_from"),
    ("llm.api_key is set but llm.model is not", "llm.model", "no_model"),
    ("is set but llm.model is not", "llm.model", "no_model"),
    ("the base URL is no http(s) address", "llm.base_url", "model_url"),
    ("the base URL holds a user name or a password", "llm.base_url", "model_url_secret"),
    ("the API key holds characters that no key has", "llm.api_key", "model_key"),
    ("llm.timeout_seconds is", "llm.timeout_seconds", "timeout"),
    ("a chat's numeric id such as", "", "chat_id"),
    ("an address such as sales@example.com", "", "email"),
    ("a time of day such as 09:00", "", "time_of_day"),
    ("a name such as Europe/Moscow", "", "time_zone"),
    ("retention.inbox_days is 1", "", "inbox_days"),
    ("write it like #1f5fd0", "", "colour"),
    ("is no host name; write it like", "http.hosts", "host"),
    ("holds characters that no header can have", "http.hosts", "header"),
    ("meilisearch.url holds a user name", "meilisearch.url", "model_url_secret"),
    ("meilisearch.url is no http(s) address", "meilisearch.url", "model_url"),
    ("meilisearch.index must have", "meilisearch.index", "index"),
    ("meilisearch.api_key is set but", "meilisearch.url", "no_address"),
    ("proxy.trusted:", "proxy.trusted", "network"),
    ("is not a filter", "log", "filter"),
    ("health_token:", "health_token", "health_token"),
    ("an ISO 4217 code such as", "import.currency", "currency"),
    ("import.memory_mib is", "import.memory_mib", "memory_mib"),
    ("import.seconds is", "import.seconds", "hour"),
    ("import.rows is", "import.rows", "rows"),
    ("it is 1 to 1000000", "", "million"),
    ("limits.connections is 0", "limits.connections", "one_or_more"),
];

/// A mistake as a page shows it: at the setting that its words name.
pub fn problem(text: &str) -> Problem {
    let named = text.split([' ', ',', ':']).next().unwrap_or_default().trim_end_matches('.');
    let place = text.strip_prefix(named).and_then(|rest| rest.strip_prefix(", entry "));
    let place =
        place.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok());
    let own = match place {
        // A list of a row is one field; what is a list itself has rows.
        Some(place) if named == "llm.prices" => {
            let column = text.split_once("): ").and_then(|(_, rest)| rest.split_once(": "));
            let column =
                column.map(|(column, _)| format!(".{column}")).filter(|column| !column.contains(' '));
            format!("{named}.{}{}", place.saturating_sub(1), column.unwrap_or_default())
        }
        _ if named.contains('.') || schema::entry(named).is_some() => named.to_owned(),
        _ => String::new(),
    };
    let known = KNOWN.iter().find(|(words, ..)| text.contains(words));
    let (key, code) = match known {
        // What is said of a role stands at the role.
        Some((_, _, code)) if own.starts_with("llm.roles.") && *code != "no_model" => (own, *code),
        Some((_, "", code)) => (own, *code),
        Some((_, key, code)) => ((*key).to_owned(), *code),
        None => (own, ""),
    };
    Problem { key, code, text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_stands_at_its_setting() {
        for (text, key, code) in [
            ("llm.timeout_seconds is 0; it is 1 to 600", "llm.timeout_seconds", "timeout"),
            ("llm.prices, entry 2 (m): input: `x` is no number", "llm.prices.1.input", ""),
            ("llm.prices: m has two prices", "llm.prices", ""),
            (
                "staff.night.email, entry 2: an address such as sales@example.com is expected",
                "staff.night.email",
                "email",
            ),
            (
                "sites.shop.colours.accent is red; write it like #1f5fd0 or #fff",
                "sites.shop.colours.accent",
                "colour",
            ),
            (
                "the settings of smtp cannot be used: email refused the request: from is no address; write x",
                "smtp.from",
                "mail_from",
            ),
            (
                "llm.roles.fast: language model: the base URL is no http(s) address",
                "llm.roles.fast",
                "model_url",
            ),
            ("web_hosts: `ftp://a` is no host", "web_hosts", ""),
            ("something else", "", ""),
        ] {
            let found = problem(text);
            assert_eq!((found.key.as_str(), found.code), (key, code), "{text}");
        }
    }
}
