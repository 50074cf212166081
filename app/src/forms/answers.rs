//! Quick answers one by one.

use serde::{Deserialize, Serialize};
use tolmach_engine::{
    span::Span,
    yaml::{Node, Tree},
};

use super::{Refused, Wording, lines, lines::Lines, wording};

/// Questions with their answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// How clients ask.
    pub questions: Vec<String>,
    /// What is answered.
    pub answer: Wording,
}

impl Answer {
    /// Without spaces around, and without empty questions.
    #[must_use]
    pub fn tidied(&self) -> Answer {
        let trimmed = |text: &String| text.trim().to_owned();
        let answer = match &self.answer {
            Wording::Common(text) => Wording::Common(trimmed(text)),
            Wording::ByLanguage(texts) => {
                Wording::ByLanguage(texts.iter().map(|(language, text)| (*language, trimmed(text))).collect())
            }
        };
        let questions = self.questions.iter().map(trimmed).filter(|question| !question.is_empty()).collect();
        Answer { questions, answer }
    }

    fn is_whole(&self) -> bool {
        let said = match &self.answer {
            Wording::Common(text) => !text.is_empty(),
            Wording::ByLanguage(texts) => !texts.is_empty() && texts.iter().all(|(_, text)| !text.is_empty()),
        };
        said && !self.questions.is_empty()
    }
}

/// A quick answer and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// What it says.
    pub answer: Answer,
    /// Its first line, counted from 1.
    pub line: u32,
}

struct Item<'t> {
    answer: Answer,
    /// Its first name.
    span: Span,
    /// The spans of the names `questions` and `answer`, in the order of the file.
    parts: Vec<(&'t str, Span)>,
}

fn items(tree: &Tree) -> Result<Vec<Item<'_>>, Refused> {
    let items = match &tree.node {
        Node::Null => return Ok(Vec::new()),
        Node::Seq(items) => items,
        _ => return Err(Refused::Unusual),
    };
    let text = |tree: &Tree| match &tree.node {
        Node::Str(text) => Some(text.clone()),
        _ => None,
    };
    let item = |tree: &'_ Tree| {
        let Node::Map(entries) = &tree.node else { return None };
        let value = |name: &str| entries.iter().find(|(key, _)| key.value == name).map(|(_, value)| value);
        let Node::Seq(questions) = &value("questions")?.node else { return None };
        let answer = Answer {
            questions: questions.iter().map(text).collect::<Option<_>>()?,
            answer: wording(value("answer")?, &text)?,
        };
        let first = entries.first()?.0.span;
        (entries.len() == 2).then_some((answer, first))
    };
    let placed = |tree| {
        let (answer, span) = item(tree)?;
        let Node::Map(entries) = &tree.node else { return None };
        let parts = entries.iter().map(|(key, _)| (key.value.as_str(), key.span)).collect();
        Some(Item { answer, span, parts })
    };
    items.iter().map(placed).collect::<Option<_>>().ok_or(Refused::Unusual)
}

/// The quick answers of a file, in its order.
///
/// # Errors
/// When it is no YAML, or no list of questions and answers.
pub fn list(text: &str) -> Result<Vec<Placed>, Refused> {
    let tree = lines::read(text)?;
    let placed = |item: Item<'_>| Placed { answer: item.answer, line: item.span.line };
    Ok(items(&tree)?.into_iter().map(placed).collect())
}

/// Changes the answer that was seen, at its place or where it stands by now; `None` removes it.
///
/// # Errors
/// Somebody changed it, the new one is not whole, or the file cannot be changed.
pub fn change(text: &str, at: usize, was: &Answer, new: Option<&Answer>) -> Result<String, Refused> {
    let tree = lines::read(text)?;
    let all = items(&tree)?;
    let is = |at: &usize| all.get(*at).is_some_and(|item| item.answer == *was);
    let at = Some(at).filter(is).or_else(|| (0..all.len()).find(is)).ok_or(Refused::Changed)?;
    let new = new.map(Answer::tidied);
    if new.as_ref().is_some_and(|new| !new.is_whole()) {
        return Err(Refused::Empty);
    }
    let Some(item) = all.get(at) else { return Err(Refused::Changed) };
    let mut lines = Lines::of(text);
    let dash = lines.before(item.span);
    if dash.trim() != "-" {
        return Err(Refused::Unusual);
    }
    let indent = dash.chars().count();
    let after = all.get(at + 1).map(|item| item.span.line);
    let mut expected: Vec<Answer> = all.iter().map(|item| item.answer.clone()).collect();
    match new {
        None => {
            let block = lines.block(item.span, after);
            lines.replace(block, Vec::new());
            expected.remove(at);
        }
        Some(new) => {
            let untouched = |part: &str| match part {
                "questions" => new.questions == was.questions,
                _ => new.answer == was.answer,
            };
            // From the end, because a change moves what stands after it.
            for (place, (part, span)) in
                item.parts.iter().enumerate().rev().filter(|(_, (part, _))| !untouched(part))
            {
                let next = item.parts.get(place + 1).map(|(_, span)| span.line).or(after);
                if next == Some(span.line) {
                    return Err(Refused::Unusual);
                }
                let block = lines.block(*span, next);
                let mut made = part_of(&new, part, indent);
                if place == 0
                    && let Some(first) = made.first_mut()
                {
                    *first = format!("{dash}{}", first.trim_start());
                }
                lines.replace(block, made);
            }
            if let Some(place) = expected.get_mut(at) {
                *place = new;
            }
        }
    }
    verified(lines.text(), &expected)
}

/// Adds an answer at the end of the file.
///
/// # Errors
/// It is not whole, or the file cannot be changed.
pub fn add(text: &str, new: &Answer) -> Result<String, Refused> {
    let new = new.tidied();
    if !new.is_whole() {
        return Err(Refused::Empty);
    }
    let tree = lines::read(text)?;
    let all = items(&tree)?;
    let mut lines = Lines::of(text);
    let dash = all.first().map_or("- ".to_owned(), |item| lines.before(item.span));
    let indent = dash.chars().count();
    let mut made = part_of(&new, "questions", indent);
    made.extend(part_of(&new, "answer", indent));
    if let Some(first) = made.first_mut() {
        *first = format!("{dash}{}", first.trim_start());
    }
    let end = lines.end();
    // The file ends with a line break.
    if text.len() == text.trim_end().len() {
        made.push(String::new());
    }
    lines.replace(end..end, made);
    let mut expected: Vec<Answer> = all.into_iter().map(|item| item.answer).collect();
    expected.push(new);
    verified(lines.text(), &expected)
}

fn part_of(answer: &Answer, part: &str, indent: usize) -> Vec<String> {
    if part == "questions" {
        let questions: Vec<String> =
            answer.questions.iter().map(|question| lines::scalar(question)).collect();
        return lines::list(indent, part, &questions);
    }
    match &answer.answer {
        Wording::Common(text) => lines::entry(indent, part, text),
        Wording::ByLanguage(texts) => {
            let mut all = vec![format!("{}{part}:", " ".repeat(indent))];
            for (language, text) in texts {
                all.extend(lines::entry(indent + 2, language.code(), text));
            }
            all
        }
    }
}

/// The text, when it says what it should.
fn verified(text: String, expected: &[Answer]) -> Result<String, Refused> {
    let found = list(&text).map_err(|_| Refused::Unusual)?;
    let same = found.iter().map(|placed| &placed.answer).eq(expected);
    if same { Ok(text) } else { Err(Refused::Unusual) }
}

#[cfg(test)]
mod tests;
