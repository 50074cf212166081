//! E-mail to the staff: one plain text a notice, handed to the mail server of the configuration.
//!
//! A repetition carries the same Message-ID, so that a mailbox shows it once. What fails at our side or the server's
//! is put off, because a wrong password or a server that is down is mended by the owner while the notice waits; only
//! what the server refuses about this recipient or this message is given up.
//!
//! Addresses are personal data and servers like to repeat them, so that of a reply only its code is told.
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
use tolmach_engine::effect::Outgoing;
use tolmach_runtime::ports::{Address, Channel, Delivery, Error, Result};

use session::{Failure, Sessions};
use tolmach_runtime::secret::Secret;

const WHAT: &str = "email";

/// The channel's name in addresses.
pub const NAME: &str = "email";

/// How the mail server is reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server's name.
    pub host: String,
    /// `None` for the usual one: 587 with STARTTLS, 465 with TLS, 25 without.
    pub port: Option<u16>,
    /// Empty for a server that wants no login.
    pub username: String,
    /// What belongs to the username.
    pub password: Secret,
    /// Who writes: `shop@example.com` or `Shop <shop@example.com>`; empty for the username.
    pub from: String,
    /// How the connection is protected.
    pub tls: Tls,
    /// How long one delivery may take, from the connection to the server's receipt.
    pub deadline: Duration,
}

impl Options {
    /// A server that is reached with STARTTLS and without login; 20 seconds a delivery.
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

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// It begins in the open and must become encrypted before anything is said.
    #[default]
    StartTls,
    /// It is encrypted from the first byte.
    Tls,
    /// It stays open; for a server on this machine only.
    None,
}

/// See the module.
pub struct EmailChannel {
    sessions: Sessions,
    from: Mailbox,
    server: String,
    deadline: Duration,
    state: Mutex<State>,
}

/// How the last deliveries went.
#[derive(Default)]
struct State {
    tried: bool,
    trouble: Option<String>,
}

impl EmailChannel {
    /// A channel; nothing is connected yet.
    ///
    /// # Errors
    /// Refused for options that cannot work: an address that is none, a password without a username, an unprotected
    /// connection to another machine.
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
            sessions: Sessions::new(host, port, options.tls, tls, login),
            from,
            deadline: options.deadline,
            state: Mutex::default(),
        })
    }

    /// The server with its port.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// For /health: `idle` before the first delivery, then `working` or `failing`.
    pub fn state(&self) -> &'static str {
        match &*self.lock() {
            State { tried: false, .. } => "idle",
            State { trouble: None, .. } => "working",
            State { trouble: Some(_), .. } => "failing",
        }
    }

    /// Why the last delivery could not be tried to its end; `None` once one could.
    pub fn trouble(&self) -> Option<String> {
        self.lock().trouble.clone()
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

    fn remember(&self, trouble: Option<String>) {
        let mut state = self.lock();
        *state = State { tried: true, trouble };
    }
}

#[async_trait]
impl Channel for EmailChannel {
    fn name(&self) -> &str {
        NAME
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
                // The server works; it is this mail that it does not want.
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
                // Nothing of the message's doing: it goes out when the program runs with good settings.
                Delivery::Later { after: Duration::from_secs(60), why }
            }
        }
    }
}

/// Whether mail can be addressed so.
pub fn is_address(text: &str) -> bool {
    recipient(text).is_some()
}

fn recipient(text: &str) -> Option<lettre::Address> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"');
    let address: lettre::Address = (!text.contains(odd)).then(|| text.parse().ok())??;
    // A bare name of a machine is a slip far more often than an address.
    address.domain().contains('.').then_some(address)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
