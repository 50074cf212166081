//! Sites: what one page of the web chat looks like, who may connect to it, and where its chats begin.

use tolmach_engine::{catalog::Localized, language::Language};

use super::AllowedHost;

/// The name of the site whose page is at `/`.
pub const DEFAULT_SITE: &str = "default";

/// A site of the web chat.
#[derive(Clone, Debug)]
pub struct Site {
    /// Heading of the page; empty for the title of all sites.
    pub title: Localized,
    /// Colours of the page.
    pub colours: Colours,
    /// Languages that the page offers; at least one. The first one is used where the browser's is not among them.
    pub languages: Vec<Language>,
    /// Hosts whose pages may connect to this site, besides those that may connect to any.
    pub hosts: Vec<AllowedHost>,
    /// The flow in which chats of this site begin; `None` for the release's entry.
    pub entry: Option<String>,
}

impl Default for Site {
    fn default() -> Site {
        Site {
            title: Localized::default(),
            colours: Colours::default(),
            languages: Language::ALL.to_vec(),
            hosts: Vec::new(),
            entry: None,
        }
    }
}

/// Colours of a page, as `#rgb` or `#rrggbb`; `None` for those of the stylesheet, which follow the browser's light or dark
/// scheme.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Colours {
    /// Buttons and the client's messages.
    pub accent: Option<String>,
    /// Behind the messages. A light colour fixes the light scheme, a dark one the dark scheme.
    pub background: Option<String>,
}

impl Colours {
    /// Whether a text is a colour that a page can have.
    pub fn is_colour(text: &str) -> bool {
        channels(text).is_some()
    }

    /// The stylesheet with these colours. Those that are no colours are ignored.
    pub(super) fn apply(&self, stylesheet: &str) -> String {
        let known = |colour: &Option<String>| {
            let colour = colour.clone()?;
            Some((luminance(channels(&colour)?), colour))
        };
        let mut stylesheet = stylesheet.to_owned();
        let mut rules = String::new();
        if let Some((luminance, colour)) = known(&self.background) {
            let (scheme, dark) = if luminance > HALF { ("light", "not all") } else { ("dark", "all") };
            stylesheet = stylesheet.replace("(prefers-color-scheme: dark)", dark);
            rules.push_str(&format!("  color-scheme: {scheme};\n  --back: {colour};\n"));
        }
        if let Some((luminance, colour)) = known(&self.accent) {
            let on = if luminance > HALF { "#07142c" } else { "#ffffff" };
            rules.push_str(&format!(
                "  --accent: {colour};\n  --accent-strong: color-mix(in srgb, {colour} 70%, var(--text));\n  \
                 --on-accent: {on};\n"
            ));
        }
        if !rules.is_empty() {
            stylesheet.push_str(&format!("\n:root {{\n{rules}}}\n"));
        }
        stylesheet
    }
}

/// The relative luminance on which white and black text have the same contrast (WCAG 2: 21 / 4.58 on either side).
const HALF: f32 = 0.179;

/// Red, green and blue, 0 to 255.
fn channels(text: &str) -> Option<[u8; 3]> {
    let digits =
        text.strip_prefix('#').filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    let long = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        6 => digits.to_owned(),
        _ => return None,
    };
    let [_, red, green, blue] = u32::from_str_radix(&long, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

/// The relative luminance of WCAG 2, 0 (black) to 1 (white).
fn luminance(channels: [u8; 3]) -> f32 {
    let [red, green, blue] = channels.map(|channel| {
        let share = f32::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: &str =
        ":root { --back: #fff; }\n@media (prefers-color-scheme: dark) { :root { --back: #000; } }\n";

    fn check(accent: Option<&str>, background: Option<&str>, parts: &[&str]) {
        let own = |colour: Option<&str>| colour.map(str::to_owned);
        let style = Colours { accent: own(accent), background: own(background) }.apply(STYLE);
        for part in parts {
            assert!(style.contains(part), "«{part}» is not in {style}");
        }
        assert_eq!(style == STYLE, parts.is_empty());
    }

    #[test]
    fn colours_are_added_to_the_stylesheet() {
        check(None, None, &[]);
        check(
            Some("#0a7a4b"),
            None,
            &["--accent: #0a7a4b;", "--on-accent: #ffffff", "@media (prefers-color-scheme: dark)"],
        );
        check(Some("#ffcc00"), None, &["--on-accent: #07142c"]);
        check(None, Some("#fdf6e3"), &["--back: #fdf6e3", "color-scheme: light", "@media not all {"]);
        check(None, Some("#101010"), &["color-scheme: dark", "@media all {"]);
        check(Some("red;} body{"), Some("url(x)"), &[]);
    }

    #[test]
    fn a_colour_is_three_or_six_hexadecimal_digits() {
        for good in ["#fff", "#A0b1C2"] {
            assert!(Colours::is_colour(good), "{good}");
        }
        for bad in ["", "#", "fff", "#ffff", "#ggg", "#fffffff", "red", "#+1+1+1", "#12345é"] {
            assert!(!Colours::is_colour(bad), "{bad}");
        }
    }
}
