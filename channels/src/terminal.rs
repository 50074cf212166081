//! The terminal channel: prints messages.

use std::{
    io::Write,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use tolmach_engine::{
    channel::Capabilities,
    effect::{Action, Author, Card, Outgoing},
    link::without_credentials,
    visible::visible,
};
use tolmach_runtime::ports::{Address, Channel, Delivery, MessageRow};

use crate::telegram;

/// The channel's name in addresses.
pub const NAME: &str = "terminal";

/// What the terminal shows. It has no limits of its own; they are Telegram's, so that a dialog that works here works
/// there.
pub const CAPABILITIES: Capabilities =
    Capabilities { name: NAME, contact_sharing: false, ..telegram::CAPABILITIES };

/// Prints the messages of one chat. Stores the buttons shown last, so that they can be pressed by label, and by number unless
/// the question under which they stand takes numbers itself.
pub struct Terminal {
    chat: String,
    colour: bool,
    out: Mutex<Box<dyn Write + Send>>,
    buttons: Mutex<Buttons>,
}

/// The buttons shown last.
#[derive(Default)]
struct Buttons {
    /// Labels and ids.
    shown: Vec<(String, String)>,
    /// Whether a number presses one. Under a question that has no choices stands only the way out, and «1» is an answer.
    numbered: bool,
}

impl Terminal {
    /// A channel that prints the messages of `chat`, the id in its address, into `out`; `colour` is whether `out` shows
    /// ANSI colours.
    pub fn new(chat: String, colour: bool, out: Box<dyn Write + Send>) -> Terminal {
        Terminal { chat, colour, out: Mutex::new(out), buttons: Mutex::default() }
    }

    /// Prints a line of the client that was not typed.
    pub fn echo(&self, line: &str) {
        self.print(&format!("\n{}\n", self.paint("1;36", &format!("> {}", visible(line)))));
    }

    /// Prints a note that is not part of the dialog.
    pub fn note(&self, text: &str) {
        self.print(&format!("{}\n", self.paint("2", &format!("· {text}"))));
    }

    /// Prints lines about what was understood, apart from the dialog.
    pub fn explain(&self, lines: &[String]) {
        let lines: String = lines
            .iter()
            .map(|line| format!("{}\n", self.paint("2", &format!("  │ {}", visible(line)))))
            .collect();
        self.print(&lines);
    }

    /// Prints the prompt.
    pub fn prompt(&self) {
        self.print(&format!("\n{} ", self.paint("1;36", ">")));
    }

    /// The label and id of a button shown last, by its label, or by its number where numbers press.
    pub fn button(&self, line: &str) -> Option<(String, String)> {
        let buttons = self.buttons();
        let number = line.parse::<usize>().ok().filter(|_| buttons.numbered);
        let by_number = number.and_then(|number| buttons.shown.get(number.checked_sub(1)?));
        by_number.or_else(|| buttons.shown.iter().find(|(label, _)| label == line)).cloned()
    }

    /// Prints a message of the chat's history.
    pub fn show_stored(&self, message: &MessageRow) {
        match (message.who, serde_json::from_str::<Outgoing>(&message.body)) {
            (Author::Bot | Author::Staff, Ok(outgoing)) => self.show(&outgoing),
            _ => self.echo(&message.body),
        }
    }

    fn show(&self, message: &Outgoing) {
        let mut text = String::new();
        let words = visible(&message.whole_text()).into_owned();
        if !words.is_empty() {
            text.push_str(&words);
            text.push('\n');
        }
        if let Some(photo) = &message.photo {
            text.push_str(&format!("[{}]\n", without_credentials(photo)));
        }
        if !message.cards.is_empty() {
            text.push_str(&format!("{}\n", visible(&cards(&message.cards).to_string())));
        }
        for file in &message.files {
            let kilobytes = file.bytes.div_ceil(1024);
            text.push_str(&format!("[{}, {kilobytes} KB: {}]\n", visible(&file.name), file.address));
        }
        let mut buttons = self.buttons();
        // Buttons can be pressed until other buttons are shown, as in a messenger.
        let presses = || {
            message.buttons.iter().filter_map(|button| match &button.action {
                Action::Press { press, .. } => Some(press),
                Action::Open { .. } => None,
            })
        };
        if presses().next().is_some() {
            buttons.shown.clear();
            buttons.numbered = presses().any(|press| !press.choice.cancels());
        }
        for button in &message.buttons {
            match &button.action {
                Action::Press { id, .. } => {
                    buttons.shown.push((button.label.clone(), id.clone()));
                    let line = match buttons.numbered {
                        true => {
                            let number = self.paint("1;33", &format!("[{}]", buttons.shown.len()));
                            format!("  {number} {}\n", button.label)
                        }
                        false => format!("  {}\n", self.paint("1;33", &format!("[{}]", button.label))),
                    };
                    text.push_str(&line);
                }
                Action::Open { url } => {
                    text.push_str(&format!("  {} {}\n", button.label, without_credentials(url)));
                }
            }
        }
        drop(buttons);
        self.print(&text);
    }

    fn buttons(&self) -> MutexGuard<'_, Buttons> {
        self.buttons.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn print(&self, text: &str) {
        // A reader that went away (`| head`) is no reason to fail.
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

fn cards(cards: &[Card]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(100);
    for card in cards {
        let article = [card.brand.as_str(), card.article.as_str()].join(" ").trim().to_owned();
        table.add_row([card.name.as_str(), &article, &card.price, &card.stock]);
    }
    if let Some(price) = table.column_mut(2) {
        price.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[async_trait]
impl Channel for Terminal {
    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    async fn deliver(&self, to: &Address, _: &str, message: &Outgoing) -> Delivery {
        // Messages of other chats are in their histories, which are shown when they are opened.
        if to.id == self.chat {
            self.show(message);
        }
        Delivery::Done
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tolmach_engine::effect::{Button, Choice, Press, SentFile};

    use super::*;

    #[derive(Clone, Default)]
    struct Printed(Arc<Mutex<Vec<u8>>>);

    impl Write for Printed {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn messages_of_the_chat_are_printed_with_numbered_buttons() {
        let printed = Printed::default();
        let terminal = Terminal::new("me".to_owned(), false, Box::new(printed.clone()));
        let choice = Choice::Go { to: "hello".to_owned() };
        let (release, flow, node) = ("r".to_owned(), "shop".to_owned(), "hello".to_owned());
        let press = Press { release, id: String::new(), flow, node, choice };
        let buttons = vec![
            Button { label: "Ещё".to_owned(), action: Action::Press { id: "b1".to_owned(), press } },
            Button {
                label: "Сайт".to_owned(),
                action: Action::Open { url: "https://example.com".to_owned() },
            },
        ];
        let card = Card { name: "Насос".to_owned(), price: "100 ₽".to_owned(), ..Card::default() };
        let file = SentFile {
            address: "/files/a/b".to_owned(),
            name: "Счёт.pdf".to_owned(),
            media: "application/pdf".to_owned(),
            bytes: 2_000,
        };
        let message = Outgoing {
            text: "Вот что есть".to_owned(),
            cards: vec![card],
            files: vec![file],
            buttons,
            ..Outgoing::default()
        };
        for chat in ["me", "another"] {
            let delivery = terminal.deliver(&Address::new(NAME, chat), "e.1", &message).await;
            assert_eq!(delivery, Delivery::Done);
        }
        let text = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches("Вот что есть\n").count(), 1, "{text}");
        assert!(text.contains("Насос") && text.contains("100 ₽"), "{text}");
        assert!(text.contains("[Счёт.pdf, 2 KB: /files/a/b]\n"), "{text}");
        assert!(text.ends_with("  [1] Ещё\n  Сайт https://example.com\n"), "{text}");
        let pressed = Some(("Ещё".to_owned(), "b1".to_owned()));
        assert_eq!((terminal.button("1"), terminal.button("Ещё")), (pressed.clone(), pressed));
        assert_eq!((terminal.button("2"), terminal.button("0")), (None, None));
        // Under a question of a number stands only the way out: «1» is an answer.
        let cancel = Choice::Answer { value: Choice::CANCELLED.to_owned() };
        let press = Press {
            release: "r".to_owned(),
            id: String::new(),
            flow: "shop".to_owned(),
            node: "n".to_owned(),
            choice: cancel,
        };
        let out =
            Button { label: "Отмена".to_owned(), action: Action::Press { id: "b2".to_owned(), press } };
        let question =
            Outgoing {
                text: "Сколько штук?".to_owned(), buttons: vec![out], ..Outgoing::default()
            };
        terminal.deliver(&Address::new(NAME, "me"), "e.2", &question).await;
        let text = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
        assert!(text.ends_with("Сколько штук?\n  [Отмена]\n"), "{text}");
        assert_eq!(terminal.button("1"), None);
        assert_eq!(terminal.button("Отмена"), Some(("Отмена".to_owned(), "b2".to_owned())));
    }
}
