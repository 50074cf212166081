//! Where in a YAML file a position is, also where the text is not YAML: it is being typed.
//!
//! A reading by indentation and brackets, line by line, without trees: it never fails, and what it gets wrong costs a proposal.

/// A step from the top of a file to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A key of a map.
    Key(String),
    /// An item of a list.
    Item,
}

/// What may stand at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A key of the map at the path, or an item of a list.
    Key,
    /// The value at the path.
    Value,
}

/// A position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The map of the key, or the value.
    pub(super) path: Vec<Step>,
    pub(super) role: Role,
    /// What is written there before the position.
    pub(super) written: String,
    /// The byte at which that begins.
    pub(super) from: usize,
    /// Whether a comment.
    pub(super) comment: bool,
}

/// How deep brackets are followed.
const DEEPEST: usize = 32;

/// A level of the text that is open.
#[derive(Clone, Debug)]
struct Level {
    /// The column of a key or of a dash.
    column: usize,
    step: Step,
}

/// An open bracket.
#[derive(Clone, Debug)]
enum Bracket {
    /// With the key whose value is read.
    Map(Option<String>),
    List,
}

/// Reads lines up to a position.
#[derive(Default)]
struct Reader {
    levels: Vec<Level>,
    brackets: Vec<Bracket>,
    /// The column of the key whose value is a block of text.
    block: Option<usize>,
    /// The quote that a text over several lines is in.
    quote: Option<char>,
    /// Where the part of brackets began that is not finished: a key or a value.
    part: String,
    part_at: usize,
    after_colon: bool,
}

/// The place of a byte of a text.
pub(super) fn place(text: &str, at: usize) -> Place {
    let before = text.get(..at).unwrap_or(text);
    let mut reader = Reader::default();
    let mut start = 0;
    let mut lines = before.split('\n').peekable();
    while let Some(line) = lines.next() {
        if lines.peek().is_none() {
            return reader.here(line, start);
        }
        reader.line(line, start);
        start += line.len() + 1;
    }
    reader.here("", start)
}

/// The keys of the map at a path that begins at the top, such as `nodes`, with the bytes at which they stand.
pub(super) fn keys_under(text: &str, parent: &str) -> Vec<(String, usize)> {
    let (mut reader, mut found, mut start) = (Reader::default(), Vec::new(), 0);
    for line in text.split('\n') {
        let known = reader.levels.len();
        reader.line(line, start);
        if let [Level { step: Step::Key(top), .. }, Level { step: Step::Key(key), column }] =
            reader.levels.as_slice()
            && top == parent
            && (known != 2 || line.trim_start().starts_with(key.as_str()))
            && line.len() > *column
            && line.get(*column..).is_some_and(|rest| rest.starts_with(key.as_str()))
        {
            found.push((key.clone(), start + column));
        }
        start += line.len() + 1;
    }
    found
}

impl Reader {
    /// Whether the line is a part of a text that began above it.
    fn is_text(&mut self, line: &str) -> bool {
        let Some(column) = self.block else { return false };
        if line.trim().is_empty() || indent(line) > column {
            return true;
        }
        self.block = None;
        false
    }

    /// Whether the line is inside brackets or quotes that were opened above it. One that stands no deeper than the key that they
    /// are the value of is not: they were left open.
    fn is_inside(&mut self, line: &str) -> bool {
        if self.brackets.is_empty() && self.quote.is_none() {
            return false;
        }
        let trimmed = line.trim();
        let out = self.levels.last().is_some_and(|level| indent(line) <= level.column);
        if out && !trimmed.is_empty() && !trimmed.starts_with(['}', ']', '#']) {
            self.brackets.clear();
            self.quote = None;
            self.ended();
            return false;
        }
        true
    }

    fn line(&mut self, line: &str, start: usize) {
        if self.is_text(line) {
            return;
        }
        if self.is_inside(line) {
            self.brackets(line, 0, start);
            return;
        }
        let column = indent(line);
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return;
        }
        let (at, key) = self.open(line, column);
        let rest = line.get(at..).unwrap_or_default().trim_start();
        if key.is_some() && (rest.starts_with('|') || rest.starts_with('>')) {
            self.block = self.levels.last().map(|level| level.column);
            return;
        }
        self.brackets(line, at, start);
    }

    /// Opens the levels of a line: dashes and a key. Returns where its value begins, and the key.
    fn open(&mut self, line: &str, column: usize) -> (usize, Option<String>) {
        let mut at = column;
        let dash = is_dash(line, at);
        self.levels.retain(|level| {
            level.column < column || (dash && level.column == column && matches!(level.step, Step::Key(_)))
        });
        while is_dash(line, at) {
            self.levels.push(Level { column: at, step: Step::Item });
            at += 1;
            at += indent(line.get(at..).unwrap_or_default());
        }
        let key = key(line.get(at..).unwrap_or_default());
        if let Some((name, length)) = key {
            self.levels.push(Level { column: at, step: Step::Key(name.clone()) });
            return (at + length, Some(name));
        }
        (at, None)
    }

    /// Follows brackets and quotes from a byte of a line on.
    fn brackets(&mut self, line: &str, from: usize, start: usize) {
        let mut before = ' ';
        let mut begun = self.quote.is_some();
        for (at, sign) in line.char_indices().skip_while(|(at, _)| *at < from) {
            if let Some(quote) = self.quote {
                if sign == quote && before != '\\' {
                    self.quote = None;
                }
                self.part.push(sign);
                before = if before == '\\' { ' ' } else { sign };
                continue;
            }
            match sign {
                '#' if before == ' ' => break,
                // A quote begins a text only where a value begins.
                '"' | '\'' if self.part.trim().is_empty() && (!begun || !self.brackets.is_empty()) => {
                    self.quote = Some(sign);
                    self.part_begins(start + at);
                    self.part.push(sign);
                    begun = true;
                }
                '{' if self.opens(line, at, begun) => self.push(Bracket::Map(None)),
                '[' if self.opens(line, at, begun) => self.push(Bracket::List),
                '}' | ']' if !self.brackets.is_empty() => {
                    self.brackets.pop();
                    self.ended();
                }
                ',' if !self.brackets.is_empty() => {
                    if let Some(Bracket::Map(key)) = self.brackets.last_mut() {
                        *key = None;
                    }
                    self.ended();
                }
                ':' if matches!(self.brackets.last(), Some(Bracket::Map(None)))
                    && line.get(at + 1..).is_none_or(|rest| rest.is_empty() || rest.starts_with(' ')) =>
                {
                    let name = self.part.trim().trim_matches(['"', '\'']).to_owned();
                    if let Some(Bracket::Map(key)) = self.brackets.last_mut() {
                        *key = Some(name);
                    }
                    self.ended();
                    self.after_colon = true;
                }
                _ => {
                    if !sign.is_whitespace() {
                        self.part_begins(start + at);
                        begun = true;
                    }
                    self.part.push(sign);
                }
            }
            before = sign;
        }
        if self.brackets.is_empty() && self.quote.is_none() {
            self.ended();
        }
    }

    /// Whether a bracket opens a collection: not inside a text without quotes, and not the braces of a variable.
    fn opens(&self, line: &str, at: usize, begun: bool) -> bool {
        let inside = !self.brackets.is_empty();
        self.brackets.len() < DEEPEST
            && self.part.trim().is_empty()
            && (inside || !begun)
            && !line.get(at..).is_some_and(|rest| rest.starts_with("{{"))
    }

    fn push(&mut self, bracket: Bracket) {
        self.brackets.push(bracket);
        self.ended();
    }

    fn part_begins(&mut self, at: usize) {
        if self.part.trim().is_empty() {
            self.part.clear();
            self.part_at = at;
        }
    }

    fn ended(&mut self) {
        self.part.clear();
        self.after_colon = false;
    }

    fn path(&self) -> Vec<Step> {
        let mut path: Vec<Step> = self.levels.iter().map(|level| level.step.clone()).collect();
        for bracket in &self.brackets {
            match bracket {
                Bracket::List => path.push(Step::Item),
                Bracket::Map(Some(key)) => path.push(Step::Key(key.clone())),
                Bracket::Map(None) => {}
            }
        }
        path
    }

    /// The place at the end of this beginning of a line.
    fn here(mut self, line: &str, start: usize) -> Place {
        let end = start + line.len();
        let value = |reader: &Reader, written: &str, from| Place {
            path: reader.path(),
            role: Role::Value,
            written: written.to_owned(),
            from,
            comment: false,
        };
        if self.is_text(line) {
            return value(&self, line.trim_start(), start + indent(line));
        }
        let inside = self.is_inside(line);
        let column = indent(line);
        let (at, key) = if inside { (0, None) } else { self.open(line, column) };
        let rest = line.get(at..).unwrap_or_default();
        let comment =
            !inside && (rest.trim_start().starts_with('#') || rest.contains(" #") && !rest.contains('"'));
        self.brackets(line, at, start);
        if !self.brackets.is_empty() {
            let key = matches!(self.brackets.last(), Some(Bracket::Map(None)));
            let written = self.part.trim_start().to_owned();
            let from = if written.is_empty() { end } else { self.part_at };
            let role = if key { Role::Key } else { Role::Value };
            return Place { path: self.path(), role, written, from, comment };
        }
        let written = rest.trim_start();
        let from = end - written.len();
        if key.is_some() {
            return Place { comment, ..value(&self, written, from) };
        }
        Place { path: self.path(), role: Role::Key, written: written.to_owned(), from, comment }
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn is_dash(line: &str, at: usize) -> bool {
    line.get(at..).is_some_and(|rest| rest.starts_with("- ") || rest == "-")
}

/// The key at the beginning of a text, and how many bytes it takes with its colon.
fn key(text: &str) -> Option<(String, usize)> {
    let quoted = text.chars().next().filter(|sign| ['"', '\''].contains(sign));
    let (name, after) = match quoted {
        Some(quote) => {
            let inner = text.get(1..)?;
            let end = inner.find(quote)?;
            (inner.get(..end)?, end + 2)
        }
        None => {
            let end = text.match_indices(':').map(|(at, _)| at).find(|at| {
                text.get(at + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r']))
            })?;
            let name = text.get(..end)?;
            if name.starts_with(['{', '[', '#', '&', '*', '!', '|', '>']) {
                return None;
            }
            (name, end)
        }
    };
    text.get(after..)?.starts_with(':').then(|| (name.trim().to_owned(), after + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let at = text.find('¦').unwrap();
        let text = text.replace('¦', "");
        let place = place(&text, at);
        assert_eq!(&text[place.from..at], place.written, "{place:?}");
        let path: Vec<&str> = place
            .path
            .iter()
            .map(|step| match step {
                Step::Key(key) => key.as_str(),
                Step::Item => "-",
            })
            .collect();
        format!("{} {:?} {:?}", path.join("."), place.role, place.written)
    }

    #[test]
    fn a_place_is_known_by_indentation() {
        for (text, expected) in [
            ("¦", " Key \"\""),
            ("fl¦", " Key \"fl\""),
            ("flow: sh¦", "flow Value \"sh\""),
            ("nodes:\n  hello:\n    sa¦", "nodes.hello Key \"sa\""),
            ("nodes:\n  hello:\n    say: { te¦", "nodes.hello.say Key \"te\""),
            ("nodes:\n  hello:\n    say: { text: { ru: Прив¦", "nodes.hello.say.text.ru Value \"Прив\""),
            ("nodes:\n  hello:\n    say: { text: { ru: Привет }, bu¦", "nodes.hello.say Key \"bu\""),
            (
                "nodes:\n  a:\n    ask:\n      into: x\n    next: { answered: b, ga¦",
                "nodes.a.next Key \"ga\"",
            ),
            ("nodes:\n  a:\n    next: { answered: wa¦ }\n  b:\n", "nodes.a.next.answered Value \"wa\""),
            ("nodes:\n  a:\n    say:\n      text: x\n  ¦", "nodes Key \"\""),
            ("nodes:\n  a:\n    say:\n      text: x\n    ¦", "nodes.a Key \"\""),
            (
                "nodes:\n  a:\n    branch:\n      - { when: \"slots.¦",
                "nodes.a.branch.-.when Value \"\\\"slots.\"",
            ),
            ("nodes:\n  a:\n    branch:\n      - when: x\n        t¦", "nodes.a.branch.- Key \"t\""),
            ("nodes:\n  a:\n    branch:\n    - when: x\n      t¦", "nodes.a.branch.- Key \"t\""),
            (
                "nodes:\n  a:\n    say:\n      text: |\n        Hello {{slots.¦",
                "nodes.a.say.text Value \"Hello {{slots.\"",
            ),
            ("nodes:\n  a:\n    say:\n      text: |\n        a: b\n      but¦", "nodes.a.say Key \"but\""),
            ("nodes:\n  a:\n    say: { text: \"{{mon¦", "nodes.a.say.text Value \"\\\"{{mon\""),
            ("a: { b: [x, y¦", "a.b.- Value \"y\""),
            ("a:\n  b: {\n    c: d,\n    e¦", "a.b Key \"e\""),
            ("a: \"x: { y\"\nb¦", " Key \"b\""),
            ("a: {{x}} { b\nc¦", " Key \"c\""),
            ("- name: x\n  steps:\n    - client: а\n      exp¦", "-.steps.- Key \"exp\""),
            ("a: it's\nb: don't { x\nc¦", " Key \"c\""),
            ("nodes:\n  a:\n    say: { te\n  b:\n    a¦", "nodes.b Key \"a\""),
            ("nodes:\n  a:\n    say: \"te\n    nex¦", "nodes.a Key \"nex\""),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn whatever_is_typed_has_a_place() {
        let text = "nodes:\n  a: {{ [ ' \" }\n - - x: [}{,:\n\t: |\n   #\n\"a\nё: {\"";
        for (at, _) in text.char_indices() {
            place(text, at);
            keys_under(&text[..at], "nodes");
        }
        let deep = "{".repeat(100_000);
        assert_eq!(place(&deep, deep.len()).role, Role::Key);
    }

    #[test]
    fn names_are_found_where_the_text_is_no_yaml() {
        let text =
            "slots:\n  a: text\n  b: { type: number }\nnodes:\n  hello:\n    say: { te\n  other:\n    ask:\n";
        let names = |parent| keys_under(text, parent).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("slots"), ["a", "b"]);
        assert_eq!(names("nodes"), ["hello", "other"]);
    }
}
