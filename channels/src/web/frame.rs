//! Protocol frames, and the parts of a stored message that the page may see.

use serde::{Deserialize, Serialize};
use tolmach_engine::image::IMAGE_PREFIX;
use tolmach_engine::{
    effect::{Action, Author, Button, Card, Outgoing, SentFile},
    language::Language,
    link::has_credentials,
};
use tolmach_runtime::ports::{FILE_PREFIX, MessageRow, PHOTO_PREFIX};

/// A frame from the page.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromPage {
    Hello {
        token: Option<String>,
        language: Option<String>,
        #[serde(default)]
        after: i64,
    },
    Message {
        id: String,
        text: String,
    },
    Press {
        id: String,
        button: String,
        #[serde(default)]
        label: String,
    },
    Older {
        before: i64,
    },
}

/// A frame from the server.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ToPage<'a> {
    Welcome {
        token: &'a str,
        reset: bool,
        earlier: bool,
        storing: bool,
        messages: Vec<MessageView>,
    },
    Greeting {
        messages: Vec<MessageView>,
    },
    Message(MessageView),
    Older {
        earlier: bool,
        messages: Vec<MessageView>,
    },
    State {
        storing: bool,
    },
    Ack {
        id: &'a str,
    },
    Error {
        code: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
    },
}

/// A message as it is sent to the page.
#[derive(Debug, Serialize)]
pub(super) struct MessageView {
    pub(super) seq: i64,
    who: Author,
    at: i64,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<String>,
    cards: Vec<Card>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<FileView>,
    buttons: Vec<ButtonView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
}

/// A file of the staff.
#[derive(Debug, Serialize)]
struct FileView {
    name: String,
    url: String,
    bytes: u64,
    /// Whether it can be shown; any other is downloaded.
    picture: bool,
}

/// A button without its action: the page needs only the id or the URL.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
struct ButtonView {
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl MessageView {
    /// `photos` is the page's relative path to the folder beside which photos of the catalogue are served.
    pub(super) fn new(row: MessageRow, photos: &str) -> MessageView {
        let MessageRow { seq, who, body, at } = row;
        let outgoing = match who {
            Author::Client => None,
            Author::Bot | Author::Staff => serde_json::from_str::<Outgoing>(&body).ok(),
        };
        let Some(outgoing) = outgoing else {
            return MessageView {
                seq,
                who,
                at,
                text: body,
                photo: None,
                cards: Vec::new(),
                files: Vec::new(),
                buttons: Vec::new(),
                language: None,
            };
        };
        MessageView::of(seq, who, at, outgoing, photos)
    }

    /// A message that is not stored: its `seq` is 0.
    pub(super) fn greeting(outgoing: Outgoing, at: i64, photos: &str) -> MessageView {
        MessageView::of(0, Author::Bot, at, outgoing, photos)
    }

    fn of(seq: i64, who: Author, at: i64, outgoing: Outgoing, photos: &str) -> MessageView {
        let cards = outgoing
            .cards
            .into_iter()
            .map(|card| Card { photo: card.photo.and_then(|url| own_photo(&url, photos)), ..card });
        MessageView {
            seq,
            who,
            at,
            text: outgoing.text,
            photo: outgoing.photo.and_then(|url| own_photo(&url, photos)),
            cards: cards.collect(),
            files: outgoing.files.into_iter().filter_map(|file| FileView::new(file, photos)).collect(),
            buttons: outgoing.buttons.into_iter().filter_map(button).collect(),
            language: Some(outgoing.language),
        }
    }
}

impl FileView {
    fn new(file: SentFile, folder: &str) -> Option<FileView> {
        let picture = file.is_picture();
        let SentFile { address, name, bytes, .. } = file;
        let url = address.starts_with(FILE_PREFIX).then(|| beside(&address, folder))?;
        Some(FileView { name, url, bytes, picture })
    }
}

fn button(button: Button) -> Option<ButtonView> {
    let Button { label, action } = button;
    match action {
        Action::Press { id, .. } => Some(ButtonView { label, id: Some(id), url: None }),
        // Price lists may contain any URL. One with an executable scheme such as `javascript:` is left out.
        Action::Open { url } => (has_scheme(&url, &["https:", "http:", "tel:", "mailto:"])
            && !has_credentials(&url))
        .then_some(ButtonView { label, id: None, url: Some(url) }),
    }
}

/// The relative URL of a photo of the catalogue or an image of the flows, served beside the default site's page; `None` for any other: a
/// page that loads from other hosts tells them its client's address, and the page's policy forbids it.
fn own_photo(url: &str, photos: &str) -> Option<String> {
    [PHOTO_PREFIX, IMAGE_PREFIX].iter().any(|own| url.starts_with(own)).then(|| beside(url, photos))
}

/// An address of this server, relative to the page.
fn beside(url: &str, folder: &str) -> String {
    format!("{folder}{}", url.trim_start_matches('/'))
}

fn has_scheme(url: &str, schemes: &[&str]) -> bool {
    let start: String = url.trim_start().chars().take(8).collect::<String>().to_ascii_lowercase();
    schemes.iter().any(|scheme| start.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_this_server_are_shown() {
        let file = |address: &str, media: &str| SentFile {
            address: address.to_owned(),
            name: "a".to_owned(),
            media: media.to_owned(),
            bytes: 7,
        };
        let files = vec![
            file("/files/x/y", "image/png"),
            file("/files/x/z", "image/svg+xml"),
            file("https://evil.example/a.png", "image/png"),
            file("javascript:alert(1)", "image/png"),
        ];
        let view = MessageView::greeting(Outgoing { files, ..Outgoing::default() }, 0, "../../");
        let shown: Vec<_> = view.files.iter().map(|file| (file.url.as_str(), file.picture)).collect();
        assert_eq!(shown, [("../../files/x/y", true), ("../../files/x/z", false)]);
    }
}
