//! A mail server that refuses what a real one refuses, and fails when a test wants it to.

mod mail;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

pub use mail::Mail;
use mail::{base64, read};

/// Where in the conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// The first line.
    Greeting,
    /// The login.
    Auth,
    /// Who writes.
    From,
    /// To whom.
    To,
    /// Before the mail comes in.
    Data,
    /// The whole mail has come in.
    Receipt,
}

/// What goes wrong there.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This reply instead of the usual one.
    Say(&'static str),
    /// The connection ends.
    HangUp,
    /// Nothing comes.
    Silence,
    /// It takes the mail and is gone before it says so.
    TakeAndHangUp,
    /// It takes the mail and never says so.
    TakeAndStall,
}

/// What the server knows, and how it is to behave.
#[derive(Default)]
pub struct Inner {
    /// In the order in which they came; one that came twice is there twice.
    pub mails: Vec<Mail>,
    /// What it held against mails and clients.
    pub complaints: Vec<String>,
    /// What goes wrong next, in order; the first waits for its step.
    pub faults: VecDeque<(Step, Fault)>,
    /// How many there have been.
    pub connections: usize,
    /// Name and password; `None` asks for none.
    pub login: Option<(String, String)>,
}

/// The server. Everybody at example.com has a mailbox but `nobody`.
#[derive(Clone)]
pub struct Smtp {
    /// On this machine.
    pub port: u16,
    inner: Arc<Mutex<Inner>>,
}

impl Smtp {
    /// One on a free port.
    pub async fn start() -> Smtp {
        Smtp::start_at(0).await
    }

    /// One on this port.
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

    /// What it knows by now.
    pub fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("not poisoned")
    }

    /// When a conversation next comes to this step, this happens.
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
        // Ends when either side hangs up.
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

    /// The usual reply, or the scripted one; `None` when the conversation is over, otherwise whether it went well.
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

    /// A line with its end.
    async fn read(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        let read = self.stream.read_until(b'\n', &mut line).await.ok()?;
        (read > 0).then_some(line)
    }

    /// Lines up to the lone dot, as they came but for doubled dots.
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
