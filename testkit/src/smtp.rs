//! A fake mail server that validates mails as real servers do and fails on demand.

mod mail;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use mail::read;
pub use mail::{Mail, base64};

/// A step of the SMTP conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// The server's greeting.
    Greeting,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    From,
    /// RCPT TO.
    To,
    /// DATA, before the content.
    Data,
    /// The reply after the whole content.
    Receipt,
}

/// A scripted failure.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Sends this reply instead of the normal one.
    Say(&'static str),
    /// Closes the connection.
    HangUp,
    /// Sends no reply.
    Silence,
    /// Stores the mail and closes the connection without a reply.
    TakeAndHangUp,
    /// Stores the mail and sends no reply.
    TakeAndStall,
}

/// State of the server and its scripted behaviour.
#[derive(Default)]
pub struct Inner {
    /// Mails in order of arrival, including duplicates.
    pub mails: Vec<Mail>,
    /// Protocol violations of clients and defects of mails.
    pub complaints: Vec<String>,
    /// Failures to come, in order. The first one waits until its step is reached.
    pub faults: VecDeque<(Step, Fault)>,
    /// Number of connections so far.
    pub connections: usize,
    /// Required name and password; `None` requires no login.
    pub login: Option<(String, String)>,
}

/// The server. Every address at example.com has a mailbox, except `nobody`.
#[derive(Clone)]
pub struct Smtp {
    /// Port on the loopback.
    pub port: u16,
    inner: Arc<Mutex<Inner>>,
}

impl Smtp {
    /// Starts a server on a free port.
    pub async fn start() -> Smtp {
        Smtp::start_at(0).await
    }

    /// Starts a server on this port.
    pub async fn start_at(port: u16) -> Smtp {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let smtp = Smtp { port, inner: Arc::default() };
        let serving = smtp.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                serving.inner().connections += 1;
                tokio::spawn(async move { serving.talk(stream).await });
            }
        });
        smtp
    }

    /// Locks the state.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("not poisoned")
    }

    /// Schedules a failure for the next time that a conversation reaches this step.
    pub fn fails(&self, step: Step, fault: Fault) {
        self.inner().faults.push_back((step, fault));
    }

    fn fault(&self, step: Step) -> Option<Fault> {
        let mut inner = self.inner();
        let due = inner.faults.front().is_some_and(|(at, _)| *at == step);
        if due { inner.faults.pop_front().map(|(_, fault)| fault) } else { None }
    }

    async fn talk(&self, stream: TcpStream) {
        let mut line = Conversation { stream: BufReader::new(stream) };
        // Ends when either side closes the connection.
        let _ = self.converse(&mut line).await;
    }

    async fn converse(&self, line: &mut Conversation) -> Option<()> {
        self.answer(line, Step::Greeting, "220 mail.example.com ESMTP").await?;
        let (mut greeted, mut known) = (false, self.inner().login.is_none());
        let (mut from, mut to) = (false, None::<String>);
        loop {
            let command = String::from_utf8(line.read().await?).ok()?;
            let command = command.trim_end().to_owned();
            let upper = command.to_uppercase();
            let bad = |why: &str| self.inner().complaints.push(format!("{why}: {command}"));
            if upper.starts_with("EHLO ") {
                greeted = true;
                line.say("250-mail.example.com\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN").await?;
            } else if upper == "NOOP" {
                line.say("250 2.0.0 ok").await?;
            } else if upper == "QUIT" {
                line.say("221 2.0.0 bye").await?;
                return None;
            } else if !greeted {
                bad("no greeting");
                line.say("503 5.5.1 say EHLO first").await?;
            } else if let Some(given) = command.strip_prefix("AUTH PLAIN ") {
                let given = String::from_utf8(base64(given)).unwrap_or_default();
                let right = self.inner().login.as_ref().map(|(name, word)| format!("\0{name}\0{word}"));
                known = right == Some(given);
                let reply = if known { "235 2.7.0 welcome" } else { "535 5.7.8 shop@example.com: wrong" };
                self.answer(line, Step::Auth, reply).await?;
            } else if !known {
                bad("not logged in");
                line.say("530 5.7.0 Authentication required").await?;
            } else if upper.starts_with("MAIL FROM:<") {
                from = self.answer(line, Step::From, "250 2.1.0 ok").await?;
            } else if let Some(address) = command.strip_prefix("RCPT TO:<") {
                let address = address.trim_end_matches('>').to_owned();
                if !from {
                    line.say("503 5.5.1 MAIL first").await?;
                } else if !address.ends_with("@example.com") || address.starts_with("nobody@") {
                    line.say(&format!("550 5.1.1 <{address}>: Recipient address rejected")).await?;
                } else if self.answer(line, Step::To, "250 2.1.5 ok").await? {
                    to = Some(address);
                }
            } else if upper == "DATA" {
                let Some(to) = to.take() else {
                    line.say("503 5.5.1 RCPT first").await?;
                    continue;
                };
                if !self.answer(line, Step::Data, "354 go on").await? {
                    continue;
                }
                let mail = line.mail().await?;
                match read(&to, &mail) {
                    Ok(mail) => {
                        let fault = self.fault(Step::Receipt);
                        if matches!(fault, None | Some(Fault::TakeAndHangUp | Fault::TakeAndStall)) {
                            self.inner().mails.push(mail);
                        }
                        self.carry_out(line, fault, "250 2.0.0 queued").await?;
                    }
                    Err(why) => {
                        self.inner().complaints.push(why.clone());
                        line.say(&format!("554 5.6.0 {why}")).await?;
                    }
                }
                from = false;
            } else {
                bad("no command");
                line.say("500 5.5.2 what?").await?;
            }
        }
    }

    /// Sends the normal reply or plays the scripted failure. `None` ends the conversation; otherwise whether the step
    /// succeeded.
    async fn answer(&self, line: &mut Conversation, step: Step, usual: &str) -> Option<bool> {
        self.carry_out(line, self.fault(step), usual).await
    }

    async fn carry_out(&self, line: &mut Conversation, fault: Option<Fault>, usual: &str) -> Option<bool> {
        match fault {
            None => line.say(usual).await.map(|()| usual.starts_with(['2', '3'])),
            Some(Fault::Say(reply)) => line.say(reply).await.map(|()| false),
            Some(Fault::HangUp | Fault::TakeAndHangUp) => None,
            Some(Fault::Silence | Fault::TakeAndStall) => std::future::pending().await,
        }
    }
}

struct Conversation {
    stream: BufReader<TcpStream>,
}

impl Conversation {
    async fn say(&mut self, reply: &str) -> Option<()> {
        self.stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await.ok()
    }

    /// One line, including its line ending.
    async fn read(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        let read = self.stream.read_until(b'\n', &mut line).await.ok()?;
        (read > 0).then_some(line)
    }

    /// The lines of a mail up to the final dot, with dot-stuffing removed.
    async fn mail(&mut self) -> Option<Vec<Vec<u8>>> {
        let mut lines = Vec::new();
        loop {
            let line = self.read().await?;
            if line == b".\r\n" {
                return Some(lines);
            }
            lines.push(line.strip_prefix(b".").map_or(line.clone(), <[u8]>::to_vec));
        }
    }
}
