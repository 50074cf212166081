//! E-mail to the staff: one plain-text mail per notice, sent through the configured mail server.
//!
//! A retry carries the same Message-ID, so that a mailbox shows the mail once. Failures of the server or of the
//! settings are retried later: the owner can fix a wrong password or an unreachable server while the notice waits. A
//! mail is dropped only if the server rejects this recipient or this message.
//!
//! Server replies often quote addresses, which are personal data, so error texts contain only the reply code.
//!
//! Not here: receiving mail, HTML, attachments.

mod message;
mod session;
#[cfg(test)]
mod tests;

use std::{
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use lettre::{
    message::Mailbox,
    transport::smtp::{authentication::Credentials, client::TlsParameters},
};
use serde::Deserialize;
use tolmach_engine::{channel::Capabilities, effect::Outgoing};
use tolmach_runtime::ports::{Address, Channel, Delivery, Error, Result};

use session::{Connections, Failure};
use tolmach_runtime::secret::Secret;

const WHAT: &str = "email";

/// The channel's name in addresses.
pub const NAME: &str = "email";

/// Settings of the mail server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Host name or IP address of the server.
    pub host: String,
    /// `None` for the default: 587 with STARTTLS, 465 with TLS, 25 without encryption.
    pub port: Option<u16>,
    /// Login name; empty for a server without authentication.
    pub username: String,
    /// Password for `username`; set both or neither.
    pub password: Secret,
    /// Sender: `shop@example.com` or `Shop <shop@example.com>`. If empty, `username` is used.
    pub from: String,
    /// Encryption of the connection.
    pub tls: Tls,
    /// Time limit of one delivery, including the connection and the server's final reply.
    pub deadline: Duration,
}

impl Options {
    /// STARTTLS on the default port, no login, no sender, 20 seconds per delivery.
    pub fn new(host: impl Into<String>) -> Options {
        Options {
            host: host.into(),
            port: None,
            username: String::new(),
            password: Secret::default(),
            from: String::new(),
            tls: Tls::default(),
            deadline: Duration::from_secs(20),
        }
    }
}

/// Encryption of the connection to the mail server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Starts in plain text and must switch to TLS before login and mail (STARTTLS).
    #[default]
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// No encryption; allowed for a server on this machine only.
    None,
}

/// A [`Channel`] that sends e-mail; see the [module docs](self).
pub struct EmailChannel {
    sessions: Connections,
    from: Mailbox,
    server: String,
    deadline: Duration,
    state: Mutex<State>,
}

/// Result of the last delivery, for /health.
#[derive(Default)]
struct State {
    tried: bool,
    last_error: Option<String>,
}

impl EmailChannel {
    /// Validates the options. Opens no connection.
    ///
    /// # Errors
    /// [`Error::Refused`] for an invalid host or sender, a username without a password or the reverse, or an
    /// unencrypted connection to another machine.
    pub fn new(options: Options) -> Result<EmailChannel> {
        let refused = |why: String| Error::refused(WHAT, why);
        let host = options.host.trim().to_owned();
        let bad = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '.' | ':'));
        if host.is_empty() || host.contains(bad) || host.contains(':') && host.parse::<IpAddr>().is_err() {
            let why = "host is no name of a server; write it like smtp.example.com, with the port in `port`";
            return Err(refused(why.to_owned()));
        }
        if options.tls == Tls::None && !is_loopback(&host) {
            return Err(refused(format!(
                "tls = \"none\" would send mail and password in the open to {host}; it is for a server on this machine \
                 only, write \"starttls\" or \"tls\""
            )));
        }
        if options.username.is_empty() != options.password.is_empty() {
            let (there, missing) = match options.username.is_empty() {
                true => ("password", "username"),
                false => ("username", "password"),
            };
            return Err(refused(format!("{there} is set but {missing} is not; set both or neither")));
        }
        let from = match options.from.trim() {
            "" => options.username.trim(),
            from => from,
        };
        let from = from.parse::<Mailbox>().ok().filter(|_| !from.chars().any(char::is_control));
        let Some(from) = from else {
            let why = "from is no address; write shop@example.com or Shop <shop@example.com>";
            return Err(refused(why.to_owned()));
        };
        let tls = match options.tls {
            Tls::None => None,
            _ => Some(TlsParameters::new(host.clone()).map_err(|why| refused(why.to_string()))?),
        };
        let port = options.port.unwrap_or(match options.tls {
            Tls::StartTls => 587,
            Tls::Tls => 465,
            Tls::None => 25,
        });
        let login = (!options.username.is_empty())
            .then(|| Credentials::new(options.username.clone(), options.password.expose().to_owned()));
        Ok(EmailChannel {
            server: format!("{host}:{port}"),
            sessions: Connections::new(host, port, options.tls, tls, login),
            from,
            deadline: options.deadline,
            state: Mutex::default(),
        })
    }

    /// The server as `host:port`.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// For /health: `idle` before the first delivery, then `working` or `failing`.
    pub fn state(&self) -> &'static str {
        match &*self.lock() {
            State { tried: false, .. } => "idle",
            State { last_error: None, .. } => "working",
            State { last_error: Some(_), .. } => "failing",
        }
    }

    /// Why the last delivery failed because of the server or the settings; `None` if it did not.
    pub fn last_error(&self) -> Option<String> {
        self.lock().last_error.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, to: &lettre::Address, mail: &[u8]) -> std::result::Result<(), Failure> {
        let sending = self.sessions.send(&self.from.email, to, mail);
        tokio::time::timeout(self.deadline, sending).await.unwrap_or_else(|_| {
            Err(Failure::Later(format!("the mail server took longer than {} s", self.deadline.as_secs_f32())))
        })
    }

    fn remember(&self, last_error: Option<String>) {
        let mut state = self.lock();
        *state = State { tried: true, last_error };
    }
}

#[async_trait]
impl Channel for EmailChannel {
    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { name: NAME, ..Capabilities::UNLIMITED }
    }

    async fn deliver(&self, to: &Address, effect: &str, message: &Outgoing) -> Delivery {
        let Some(recipient) = recipient(&to.id) else {
            return Delivery::Refused { why: "the address is no e-mail address".to_owned() };
        };
        let mail = match message::compose(&self.from, &recipient, effect, message) {
            Ok(mail) => mail,
            Err(why) => return Delivery::Refused { why: format!("no mail can be made of it: {why}") },
        };
        match self.send(&recipient, &mail).await {
            Ok(()) => {
                self.remember(None);
                Delivery::Done
            }
            Err(Failure::Refused(why)) => {
                // The server works; it rejects only this mail.
                self.remember(None);
                Delivery::Refused { why }
            }
            Err(Failure::Later(why)) => {
                self.remember(Some(why.clone()));
                Delivery::Later { after: Duration::ZERO, why }
            }
            Err(Failure::Settings(why)) => {
                tracing::error!("mail cannot go out: {why}");
                self.remember(Some(why.clone()));
                // The settings are wrong, not the message. It is sent after a restart with valid settings.
                Delivery::Later { after: Duration::from_secs(60), why }
            }
        }
    }
}

/// Whether `text` is an e-mail address that this channel accepts.
pub fn is_address(text: &str) -> bool {
    recipient(text).is_some()
}

fn recipient(text: &str) -> Option<lettre::Address> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"');
    let address: lettre::Address = (!text.contains(odd)).then(|| text.parse().ok())??;
    // A domain without a dot is usually a typing error.
    address.domain().contains('.').then_some(address)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
