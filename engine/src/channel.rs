//! What a channel can show. The compiler checks texts and buttons against it, renderers read it.

/// What one channel can show and do. Lengths of texts are in UTF-16 code units, as messengers count them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The channel's name in chat keys, such as `telegram`.
    pub name: &'static str,
    /// The most buttons under one message.
    pub max_buttons: u32,
    /// The most UTF-16 units of a button's label.
    pub max_label: u32,
    /// The most cards of one message; `None` when cards are sent as texts.
    pub max_cards: Option<u32>,
    /// Whether several pictures can be one message.
    pub albums: bool,
    /// Whether a message that was sent can be changed.
    pub edits: bool,
    /// Whether the client can be shown that the bot is writing.
    pub typing: bool,
    /// Whether a button can share the client's own contact.
    pub contact_sharing: bool,
    /// Whether staff can send files.
    pub files: bool,
    /// The most UTF-16 units of a text. A longer one is split or cut.
    pub max_text: u32,
    /// The most UTF-16 units of a text under a picture.
    pub max_caption: u32,
    /// The most bytes of the id that a pressed button sends back.
    pub max_callback_data: u32,
}

impl Capabilities {
    /// No limits, and nothing but texts and buttons: for fakes, and for channels that only the staff reads. The name is
    /// empty.
    pub const UNLIMITED: Capabilities = Capabilities {
        name: "",
        max_buttons: u32::MAX,
        max_label: u32::MAX,
        max_cards: None,
        albums: false,
        edits: false,
        typing: false,
        contact_sharing: false,
        files: false,
        max_text: u32::MAX,
        max_caption: u32::MAX,
        max_callback_data: u32::MAX,
    };
}

/// The smallest of a limit over all channels, where `value` exceeds it, with the names of the channels that have it.
pub(crate) fn exceeded(
    channels: &[Capabilities],
    value: usize,
    limit: impl Fn(&Capabilities) -> u32,
) -> Option<(usize, String)> {
    let smallest = channels.iter().map(&limit).min()?;
    let most = usize::try_from(smallest).unwrap_or(usize::MAX);
    let names = channels.iter().filter(|channel| limit(channel) == smallest);
    let names: Vec<&str> = names.map(|channel| channel.name).collect();
    (value > most).then(|| (most, names.join(", ")))
}
