//! A mail server that refuses what a real one refuses, and fails when a test wants it to.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// Where in the conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    Greeting,
    Auth,
    From,
    To,
    Data,
    /// The whole mail has come in.
    Receipt,
}

/// What goes wrong there.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    Say(&'static str),
    HangUp,
    Silence,
    /// It takes the mail and is gone before it says so.
    TakeAndHangUp,
    /// It takes the mail and never says so.
    TakeAndStall,
}

/// A mail as a reader sees it.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) to: String,
    /// Lower-case names, decoded values.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
}

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) mails: Vec<Mail>,
    /// What it held against mails and clients.
    pub(crate) complaints: Vec<String>,
    pub(crate) faults: VecDeque<(Step, Fault)>,
    pub(crate) connections: usize,
    /// Name and password; `None` asks for none.
    pub(crate) login: Option<(String, String)>,
}

/// The server. Everybody at example.com has a mailbox but `nobody`.
#[derive(Clone)]
pub(crate) struct Smtp {
    pub(crate) port: u16,
    inner: Arc<Mutex<Inner>>,
}

impl Smtp {
    pub(crate) async fn start() -> Smtp {
        Smtp::start_at(0).await
    }

    pub(crate) async fn start_at(port: u16) -> Smtp {
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

    pub(crate) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("not poisoned")
    }

    pub(crate) fn fails(&self, step: Step, fault: Fault) {
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

/// What a reader sees, or what is wrong with the mail.
fn read(to: &str, lines: &[Vec<u8>]) -> Result<Mail, String> {
    let mut whole = Vec::new();
    for line in lines {
        let Some(line) = line.strip_suffix(b"\r\n") else { return Err("a bare LF".to_owned()) };
        if line.len() > 998 || line.contains(&b'\r') || !line.is_ascii() {
            return Err(format!("a line of {} bytes, a bare CR or bytes above 127", line.len()));
        }
        whole.push(String::from_utf8(line.to_vec()).map_err(|why| why.to_string())?);
    }
    let end = whole.iter().position(String::is_empty).ok_or("no end of the headers")?;
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    let mut last = String::new();
    for line in &whole[..end] {
        if line.starts_with([' ', '\t']) {
            headers.get_mut(&last).ok_or("a header begins with a space")?.push_str(line);
            continue;
        }
        let (name, value) = line.split_once(": ").ok_or_else(|| format!("no header: {line}"))?;
        last = name.to_lowercase();
        if headers.insert(last.clone(), value.to_owned()).is_some() {
            return Err(format!("{name} stands twice"));
        }
    }
    for name in ["from", "to", "date", "message-id", "subject", "mime-version"] {
        if headers.get(name).is_none_or(|value| value.trim().is_empty()) {
            return Err(format!("{name} is missing"));
        }
    }
    if !headers["to"].contains(to) {
        return Err("To names somebody else".to_owned());
    }
    let body = whole[end + 1..].join("\r\n");
    let bytes = match headers.get("content-transfer-encoding").map(String::as_str) {
        Some("base64") => base64(&body),
        Some("quoted-printable") => quoted(&body.replace("=\r\n", "")),
        _ => body.into_bytes(),
    };
    let text = String::from_utf8(bytes).map_err(|why| why.to_string())?;
    headers.values_mut().for_each(|value| *value = words(value));
    Ok(Mail { to: to.to_owned(), headers, text: text.replace("\r\n", "\n").trim_end().to_owned() })
}

/// Encoded words (RFC 2047) as they are read; the space between two of them is none.
fn words(value: &str) -> String {
    let joined = value.replace("?= =?", "?==?");
    let (mut text, mut rest) = (Vec::new(), joined.as_str());
    while let Some((before, after)) = rest.split_once("=?") {
        text.extend_from_slice(before.as_bytes());
        let mut parts = after.splitn(4, '?');
        let (_, how, word, left) = (parts.next(), parts.next(), parts.next(), parts.next());
        let word = word.unwrap_or_default();
        text.extend(match how {
            Some("b" | "B") => base64(word),
            _ => quoted(&word.replace('_', " ")),
        });
        rest = left.and_then(|left| left.strip_prefix('=')).unwrap_or_default();
    }
    text.extend_from_slice(rest.as_bytes());
    String::from_utf8(text).expect("UTF-8")
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for digit in text.bytes().filter_map(|c| DIGITS.iter().position(|known| *known == c)) {
        bits = bits << 6 | u32::try_from(digit).expect("small");
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}

fn quoted(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        rest = after;
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| *first == b'=') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => bytes.push(*first),
        }
    }
    bytes
}
