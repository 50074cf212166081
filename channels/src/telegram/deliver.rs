//! Sending: splits a message into Bot API requests and maps each failure to a [`Delivery`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use reqwest::{Url, multipart};
use serde::de::IgnoredAny;
use teloxide_core::{
    payloads::{SendDocument, SendMessage, SendPhoto},
    types::{ChatId, InputFile, LinkPreviewOptions, ParseMode},
};
use tolmach_engine::image::IMAGE_PREFIX;
use tolmach_engine::{
    channel::Capabilities,
    effect::{Outgoing, SentFile},
};
use tolmach_runtime::ports::{Address, Channel, Delivery, Files, Inbound, PHOTO_PREFIX, Photos};

use super::{
    CAPABILITIES, NAME,
    api::{Bot, Failure},
    poll,
    render::{self, Part, is_anonymous},
};

/// Maximum number of partly sent messages whose progress is kept. At the limit all progress is dropped, and the parts
/// already sent may be sent again.
const MAX_PARTIAL: usize = 10_000;

/// Delivery to Telegram chats.
///
/// A retry of a message with several parts continues after the last part that was sent. This progress is kept in memory
/// only: after a restart, parts are sent again, because the Bot API has no idempotency key.
pub struct TelegramChannel {
    bot: Arc<Bot>,
    /// Number of parts sent, by effect id, for messages that failed part way.
    sent: Mutex<HashMap<String, usize>>,
    /// Photos of the catalogue. Telegram cannot fetch them by URL, so they are uploaded.
    photos: Option<Arc<dyn Photos>>,
    /// Images of the flows.
    images: Option<Arc<dyn Photos>>,
    /// Files that staff send.
    files: Option<Arc<dyn Files>>,
}

/// Source of a photo.
enum Photo {
    /// A URL that Telegram fetches.
    Url(Url),
    /// An upload: file name, media type and content.
    Upload(String, &'static str, Vec<u8>),
}

impl TelegramChannel {
    /// A channel that sends as `bot`, without photos of the catalogue and without files.
    pub fn new(bot: Arc<Bot>) -> TelegramChannel {
        TelegramChannel { bot, sent: Mutex::default(), photos: None, images: None, files: None }
    }

    /// Uploads the files that staff send.
    #[must_use]
    pub fn with_files(mut self, files: Arc<dyn Files>) -> TelegramChannel {
        self.files = Some(files);
        self
    }

    /// Uploads the catalogue's photos with the messages that refer to them.
    #[must_use]
    pub fn with_photos(mut self, photos: Arc<dyn Photos>) -> TelegramChannel {
        self.photos = Some(photos);
        self
    }

    /// Uploads the images of the flows with the messages that show them.
    #[must_use]
    pub fn with_images(mut self, images: Arc<dyn Photos>) -> TelegramChannel {
        self.images = Some(images);
        self
    }

    fn sent(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one part. Falls back to plain text if Telegram rejects the markup, and to text alone if it rejects the
    /// photo.
    async fn send(&self, chat: ChatId, part: &Part) -> Result<(), Failure> {
        if let Some(file) = &part.file {
            return self.file(chat, file, part).await;
        }
        if let Some(photo) = self.source(part.photo.as_deref()).await {
            match self.photo(chat, &photo, part, true).await {
                Err(failure) if is_bad_markup(&failure) => {
                    if !is_bad_photo(self.photo(chat, &photo, part, false).await)? {
                        return Ok(());
                    }
                }
                result => {
                    if !is_bad_photo(result)? {
                        return Ok(());
                    }
                }
            }
            tracing::info!("Telegram could not take a photo; its text was sent alone");
        }
        if part.plain.is_empty() {
            return Ok(());
        }
        match self.text(chat, part, true).await {
            Err(failure) if is_bad_markup(&failure) => self.text(chat, part, false).await,
            result => result,
        }
    }

    async fn text(&self, chat: ChatId, part: &Part, html: bool) -> Result<(), Failure> {
        let mut payload = SendMessage::new(chat, if html { &part.html } else { &part.plain });
        payload.parse_mode = html.then_some(ParseMode::Html);
        payload.reply_markup.clone_from(&part.markup);
        payload.link_preview_options = Some(LinkPreviewOptions {
            is_disabled: true,
            url: None,
            prefer_small_media: false,
            prefer_large_media: false,
            show_above_text: false,
        });
        self.bot.call::<_, IgnoredAny>(&payload, Duration::ZERO).await.map(drop)
    }

    /// Resolves a photo address. `None` if a photo of the catalogue or an image of the flows is missing or unreadable; its text
    /// is then sent alone.
    async fn source(&self, photo: Option<&str>) -> Option<Photo> {
        let photo = photo?;
        let (name, from) = if let Some(name) = photo.strip_prefix(PHOTO_PREFIX) {
            (name, &self.photos)
        } else if let Some(name) = photo.strip_prefix(IMAGE_PREFIX) {
            (name, &self.images)
        } else {
            // Telegram's servers fetch it, so that its host learns nothing of the client.
            return Url::parse(photo).ok().filter(is_anonymous).map(Photo::Url);
        };
        match from.as_ref()?.read(name).await {
            Ok(Some(photo)) => Some(Photo::Upload(name.to_owned(), photo.media, photo.bytes)),
            Ok(None) => {
                tracing::info!(photo = name, "a photo is gone; its text was sent alone");
                None
            }
            Err(why) => {
                tracing::warn!(%why, "a photo cannot be read; its text was sent alone");
                None
            }
        }
    }

    /// Sends a file with its caption: a picture as a photo, and as a document where Telegram does not take it as one. A file
    /// that is not kept any more is refused, so that staff see that it did not arrive.
    async fn file(&self, chat: ChatId, file: &SentFile, part: &Part) -> Result<(), Failure> {
        let content = match &self.files {
            Some(files) => files.content(&file.address).await,
            None => Ok(None),
        };
        let content = match content {
            Ok(Some(content)) => content,
            Ok(None) => return Err(Failure::Missing("the file is not kept any more".to_owned())),
            Err(why) => return Err(Failure::Network(why.to_string())),
        };
        // Of a GIF sent as a photo Telegram shows the first picture only.
        if file.is_picture() && file.media != "image/gif" {
            let mut photo = SendPhoto::new(chat, InputFile::file_id(file.name.clone().into()));
            photo.caption = (!part.plain.is_empty()).then(|| part.plain.clone());
            let sent = self.bot.upload::<_, IgnoredAny>(&photo, "photo", uploaded(file, &content)?).await;
            if !is_bad_photo(sent.map(drop))? {
                return Ok(());
            }
            tracing::info!("Telegram could not take a picture as a photo; it was sent as a document");
        }
        let mut document = SendDocument::new(chat, InputFile::file_id(file.name.clone().into()));
        document.caption = (!part.plain.is_empty()).then(|| part.plain.clone());
        self.bot.upload::<_, IgnoredAny>(&document, "document", uploaded(file, &content)?).await.map(drop)
    }

    async fn photo(&self, chat: ChatId, photo: &Photo, part: &Part, html: bool) -> Result<(), Failure> {
        let file = match photo {
            Photo::Url(url) => InputFile::url(url.clone()),
            // A placeholder: `Bot::upload` replaces this field with the file.
            Photo::Upload(name, ..) => InputFile::file_id(name.clone().into()),
        };
        let mut payload = SendPhoto::new(chat, file);
        if !part.plain.is_empty() {
            payload.caption = Some(if html { part.html.clone() } else { part.plain.clone() });
            payload.parse_mode = html.then_some(ParseMode::Html);
        }
        payload.reply_markup.clone_from(&part.markup);
        let Photo::Upload(name, media, bytes) = photo else {
            return self.bot.call::<_, IgnoredAny>(&payload, Duration::ZERO).await.map(drop);
        };
        let file = multipart::Part::bytes(bytes.clone()).file_name(name.clone());
        let file = file.mime_str(media).map_err(|why| Failure::Network(why.to_string()))?;
        self.bot.upload::<_, IgnoredAny>(&payload, "photo", file).await.map(drop)
    }
}

/// A file as a part of a form.
fn uploaded(file: &SentFile, content: &[u8]) -> Result<multipart::Part, Failure> {
    let part = multipart::Part::bytes(content.to_vec()).file_name(file.name.clone());
    part.mime_str(&file.media).map_err(|why| Failure::Missing(why.to_string()))
}

#[async_trait]
impl Channel for TelegramChannel {
    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn read_update(&self, update: &str) -> Option<Inbound> {
        poll::read_again(&self.bot, update)
    }

    async fn deliver(&self, to: &Address, effect: &str, message: &Outgoing) -> Delivery {
        let Ok(chat) = to.id.parse().map(ChatId) else {
            return Delivery::Refused { why: "the address is no Telegram chat".to_owned() };
        };
        let parts = render::parts(message);
        let done = self.sent().get(effect).copied().unwrap_or_default();
        for (number, part) in parts.iter().enumerate().skip(done) {
            if let Err(failure) = self.send(chat, part).await {
                let delivery = delivery(&failure);
                let mut sent = self.sent();
                // Also of a part that is refused: staff may send the message again, and what has arrived arrives once.
                if number > 0 {
                    if sent.len() >= MAX_PARTIAL {
                        sent.clear();
                    }
                    sent.insert(effect.to_owned(), number);
                } else {
                    sent.remove(effect);
                }
                return delivery;
            }
        }
        self.sent().remove(effect);
        Delivery::Done
    }
}

/// Maps a failed request to the result of the delivery.
fn delivery(failure: &Failure) -> Delivery {
    let why = failure.to_string();
    match failure {
        Failure::Network(_) => Delivery::Later { after: Duration::ZERO, why },
        Failure::Missing(_) => Delivery::Refused { why },
        Failure::Api { retry_after: Some(after), .. } => Delivery::Later { after: *after, why },
        Failure::Api { code: 429 | 500.., .. } => Delivery::Later { after: Duration::ZERO, why },
        // The token is rejected, not the message. It is sent after a restart with a valid token.
        Failure::Api { code: 401 | 404, .. } => Delivery::Later { after: Duration::from_secs(60), why },
        Failure::Api { code: 403, .. } => Delivery::Gone { why },
        Failure::Api { why: words, .. } if is_gone(words) => Delivery::Gone { why },
        Failure::Api { .. } => Delivery::Refused { why },
    }
}

/// Whether Telegram's description says that the chat no longer exists or cannot be written to.
fn is_gone(words: &str) -> bool {
    let words = words.to_lowercase();
    ["chat not found", "user not found", "deactivated", "peer_id_invalid", "initiate conversation"]
        .iter()
        .any(|gone| words.contains(gone))
}

fn is_bad_markup(failure: &Failure) -> bool {
    matches!(failure, Failure::Api { code: 400, why, .. } if why.to_lowercase().contains("can't parse entities"))
}

/// Whether only the photo was refused, so that the text can be sent alone. `Err` if the chat is gone or for any failure
/// other than status 400 or 413.
fn is_bad_photo(result: Result<(), Failure>) -> Result<bool, Failure> {
    match result {
        Ok(()) => Ok(false),
        Err(Failure::Api { code: 400 | 413, why, .. }) if !is_gone(&why) => Ok(true),
        Err(failure) => Err(failure),
    }
}
