//! Attempts at a phone number: digits that are too few or too many.

use tolmach_engine::{phrases::Phrase, turn_context::TurnContext};

use super::{CollectContact, Field};
use crate::{
    extract::{self, Misfit},
    phrases,
};

impl CollectContact {
    /// Whether a text is an attempt at a phone number where one is required.
    pub(super) fn is_phone_attempt(&self, text: &str) -> bool {
        /// The fewest digits of an attempt.
        const FEWEST: usize = 5;
        text.chars().filter(char::is_ascii_digit).count() >= FEWEST && self.required().contains(&Field::Phone)
    }

    /// Whether a text is a phone number with digits too few or too many, with a name and words around it at most. It begins
    /// with a plus: other digits may be of anything.
    pub(super) fn is_broken_phone(&self, text: &str) -> bool {
        let Some(plus) = text.find('+') else { return false };
        let number = |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')' | '\u{a0}');
        let (before, rest) = text.split_at(plus);
        let after = rest.trim_start_matches(number);
        self.wants(Field::Phone)
            && extract::phone(text).is_none()
            && extract::misfit(rest).is_some()
            && extract::is_of_contacts(&format!("{before} {after}"))
    }
}

/// What to say of a text that was to be a phone number: by how many digits it is too short or too long, where that is what is
/// wrong.
pub(crate) fn not_a_phone(turn: &TurnContext<'_>, text: &str) -> String {
    let count =
        |phrases: &[Phrase; 4], by: usize| Some(phrases.get(by.checked_sub(1)?)?.get(turn.language()));
    let said = match extract::misfit(text) {
        Some(Misfit::Missing(by)) => {
            count(&phrases::MISSING_DIGITS, by).map(|digits| (phrases::PHONE_TOO_SHORT, digits))
        }
        Some(Misfit::Extra(by)) => {
            count(&phrases::EXTRA_DIGITS, by).map(|digits| (phrases::PHONE_TOO_LONG, digits))
        }
        None => None,
    };
    match said {
        Some((phrase, digits)) => turn.phrase(phrase).replace("{}", digits),
        None => turn.phrase(phrases::NOT_A_PHONE).to_owned(),
    }
}
