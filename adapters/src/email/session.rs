//! SMTP connections. Commands are sent one by one, so that the failing step tells whether the sender, the recipient or
//! the mail was rejected.
//!
//! The last connection is reused for 30 seconds, because notices come in groups.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailParameter},
    },
};

use super::Tls;

/// How long an idle connection is kept. Servers close theirs after minutes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Connection timeout: an unresponsive address of the server must not use up the whole deadline.
const CONNECT: Duration = Duration::from_secs(10);

/// Why a mail was not sent. The texts contain no address and no password.
#[derive(Debug, PartialEq)]
pub(super) enum Failure {
    /// Temporary, worth a retry.
    Later(String),
    /// The settings must be changed first.
    Settings(String),
    /// The server rejects this mail permanently.
    Refused(String),
}

/// Opens connections to the mail server and keeps the last one.
pub(super) struct Connections {
    host: String,
    port: u16,
    tls: Tls,
    parameters: Option<TlsParameters>,
    login: Option<Credentials>,
    /// The idle connection and when it was last used.
    kept: Mutex<Option<(AsyncSmtpConnection, Instant)>>,
}

impl Connections {
    pub(super) fn new(
        host: String,
        port: u16,
        tls: Tls,
        parameters: Option<TlsParameters>,
        login: Option<Credentials>,
    ) -> Connections {
        Connections { host, port, tls, parameters, login, kept: Mutex::default() }
    }

    /// Sends one mail. Cancellation is safe at any point, because a connection is kept only after the server's final
    /// reply.
    pub(super) async fn send(&self, from: &Address, to: &Address, mail: &[u8]) -> Result<(), Failure> {
        let mut connection = match self.kept().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let handed = transmit(&mut connection, from, to, mail).await;
        match &handed {
            Ok(()) => {
                let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                *kept = Some((connection, Instant::now()));
            }
            // Closed without QUIT: the server may not answer.
            Err(_) => drop(connection),
        }
        handed
    }

    /// The kept connection, if it is recent and still open.
    async fn kept(&self) -> Option<AsyncSmtpConnection> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (mut connection, since) = kept?;
        (since.elapsed() < IDLE_TIMEOUT && connection.test_connected().await).then_some(connection)
    }

    /// Connects, starts TLS and logs in, as configured.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let hello = ClientId::default();
        let at_once = self.parameters.clone().filter(|_| self.tls == Tls::Tls);
        let server = (self.host.as_str(), self.port);
        let connecting = AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &hello, at_once, None);
        let away = |why: Error| Failure::Later(format!("the mail server cannot be reached: {}", told(&why)));
        let mut connection = connecting.await.map_err(away)?;
        if let (Tls::StartTls, Some(parameters)) = (self.tls, &self.parameters) {
            if !connection.can_starttls() {
                let why =
                    "the mail server offers no STARTTLS; set smtp.tls (and smtp.port) as its provider says";
                return Err(Failure::Settings(why.to_owned()));
            }
            connection.starttls(parameters.clone(), &hello).await.map_err(away)?;
        }
        if let Some(login) = &self.login {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&mechanisms, login).await.map_err(|why| {
                let told = told(&why);
                match why.is_permanent() || why.is_client() {
                    true => Failure::Settings(format!(
                        "the mail server does not accept the login ({told}); check smtp.username and smtp.password"
                    )),
                    false => Failure::Later(format!("the mail server does not log us in: {told}")),
                }
            })?;
        }
        Ok(connection)
    }
}

/// Sends MAIL, RCPT, DATA and the content on one connection.
async fn transmit(
    connection: &mut AsyncSmtpConnection,
    from: &Address,
    to: &Address,
    mail: &[u8],
) -> Result<(), Failure> {
    let mut parameters = Vec::new();
    if !mail.is_ascii() || [from, to].iter().any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            let why = "the mail server takes no addresses in other alphabets (SMTPUTF8)";
            return Err(Failure::Refused(why.to_owned()));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    let of_sender = |why: Error| match code(&why) {
        // 552: the mail is too large or the storage is full, which concerns this mail only.
        Some(552) => refused("the mail", &why),
        Some(500..) => Failure::Settings(format!(
            "the mail server does not let this sender write ({}); check smtp.from and the login",
            told(&why)
        )),
        _ => later(&why),
    };
    connection.command(Mail::new(Some(from.clone()), parameters)).await.map_err(of_sender)?;
    let of_recipient = |why: Error| match code(&why) {
        Some(530 | 535 | 538) => Failure::Settings(format!(
            "the mail server wants a login ({}); set smtp.username and smtp.password",
            told(&why)
        )),
        Some(500..) => refused("the recipient", &why),
        _ => later(&why),
    };
    connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(of_recipient)?;
    let of_mail = |why: Error| match code(&why) {
        Some(500..) => refused("the mail", &why),
        _ => later(&why),
    };
    connection.command(Data).await.map_err(of_mail)?;
    connection.message(mail).await.map_err(of_mail)?;
    Ok(())
}

fn refused(what: &str, why: &Error) -> Failure {
    Failure::Refused(format!("the mail server refused {what}: {}", told(why)))
}

fn later(why: &Error) -> Failure {
    Failure::Later(format!("the mail server did not take the mail: {}", told(why)))
}

/// The SMTP reply code, if the server replied.
fn code(why: &Error) -> Option<u16> {
    why.status().map(u16::from)
}

/// The reason for an error text. Of a server reply only the code is used, because its text may contain addresses.
fn told(why: &Error) -> String {
    if let Some(code) = code(why) {
        return format!("it answers {code}");
    }
    let mut cause: &dyn std::error::Error = why;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match cause.to_string() {
        closed if closed == "incomplete response" => "it closed the connection".to_owned(),
        _ if why.is_response() => "it does not answer as a mail server does".to_owned(),
        other => other,
    }
}
