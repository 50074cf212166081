//! The filter language: parser, validation and evaluation.

use serde_json::{Map, Value};

use super::{Refusal, index::Index};

/// A parsed filter.
pub(super) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Is { attribute: String, test: Test },
}

/// A condition on an attribute.
pub(super) enum Test {
    Equal(String),
    In(Vec<String>),
    /// Between both bounds, inclusive.
    To(f64, f64),
    Less(f64),
    LessOrEqual(f64),
    More(f64),
    MoreOrEqual(f64),
    Exists,
}

/// Parses the filter of a request: an expression, or an array whose items are joined by AND and whose nested arrays are
/// joined by OR. `None` if it is empty.
///
/// # Errors
/// A refusal with `code` for invalid syntax or an attribute that is not filterable.
pub(super) fn read(value: &Value, index: &Index, code: &'static str) -> Result<Option<Filter>, Refusal> {
    let one = |text: &str| -> Result<Option<Filter>, Refusal> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let mut parser = Parser { tokens: tokens(text, code)?, at: 0, index, code };
        let filter = parser.or()?;
        match parser.tokens.get(parser.at) {
            None => Ok(Some(filter)),
            Some(token) => Err(Refusal::bad(
                code,
                format!("Found unexpected characters at the end of the filter: `{}`.", token.text),
            )),
        }
    };
    let all = |list: &[Value]| -> Result<Vec<Filter>, Refusal> {
        let read = list.iter().filter_map(|item| read(item, index, code).transpose());
        read.collect()
    };
    match value {
        Value::Null => Ok(None),
        Value::String(text) => one(text),
        Value::Array(list) => {
            let mut joined = Vec::new();
            for item in list {
                match item {
                    Value::Array(inner) => joined.push(Filter::Or(all(inner)?)),
                    item => joined.extend(read(item, index, code)?),
                }
            }
            Ok(Some(Filter::And(joined)))
        }
        other => {
            let message =
                format!("Invalid syntax for the filter parameter: `expected String, Array, found: {other}`.");
            Err(Refusal::bad(code, message))
        }
    }
}

impl Filter {
    /// Whether a document matches. An array matches if one of its values does.
    pub fn passes(&self, document: &Map<String, Value>) -> bool {
        match self {
            Filter::And(all) => all.iter().all(|filter| filter.passes(document)),
            Filter::Or(any) => any.iter().any(|filter| filter.passes(document)),
            Filter::Not(filter) => !filter.passes(document),
            Filter::Is { attribute, test } => {
                let value = document.get(attribute).unwrap_or(&Value::Null);
                match value {
                    Value::Array(values) => values.iter().any(|value| test.holds(value)),
                    value => test.holds(value),
                }
            }
        }
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        let number = value.as_f64();
        let is = |wanted: &String| match value {
            Value::String(text) => folded(text) == folded(wanted),
            Value::Bool(yes) => yes.to_string() == *wanted,
            _ => number.is_some() && number == wanted.parse().ok(),
        };
        match self {
            Test::Equal(wanted) => is(wanted),
            Test::In(list) => list.iter().any(is),
            Test::To(low, high) => number.is_some_and(|number| *low <= number && number <= *high),
            Test::Less(bound) => number.is_some_and(|number| number < *bound),
            Test::LessOrEqual(bound) => number.is_some_and(|number| number <= *bound),
            Test::More(bound) => number.is_some_and(|number| number > *bound),
            Test::MoreOrEqual(bound) => number.is_some_and(|number| number >= *bound),
            Test::Exists => !value.is_null(),
        }
    }
}

/// The form in which facet values are compared: lower case.
pub(super) fn folded(text: &str) -> String {
    text.to_lowercase()
}

struct Token {
    text: String,
    quoted: bool,
}

fn tokens(text: &str, code: &'static str) -> Result<Vec<Token>, Refusal> {
    let word = |c: char| c.is_alphanumeric() || ['_', '-', '/', '.'].contains(&c);
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        let mut read = String::new();
        let quoted = c == '"' || c == '\'';
        if c.is_whitespace() {
            chars.next();
            continue;
        } else if quoted {
            chars.next();
            loop {
                match chars.next() {
                    Some('\\') => read.extend(chars.next()),
                    Some(end) if end == c => break,
                    Some(other) => read.push(other),
                    None => {
                        let message = format!(
                            "Expression `{c}{read}` is missing the following closing delimiter: `{c}`."
                        );
                        return Err(Refusal::bad(code, message));
                    }
                }
            }
        } else if word(c) {
            while let Some(c) = chars.next_if(|c| word(*c)) {
                read.push(c);
            }
        } else if ['<', '>', '!'].contains(&c) {
            read.push(c);
            chars.next();
            read.extend(chars.next_if(|c| *c == '='));
        } else if ['=', '(', ')', '[', ']', ','].contains(&c) {
            read.push(c);
            chars.next();
        } else {
            let message = format!("Was expecting a value but instead got `{c}`.");
            return Err(Refusal::bad(code, message));
        }
        tokens.push(Token { text: read, quoted });
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    index: &'a Index,
    code: &'static str,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Filter, Refusal> {
        let mut any = vec![self.and()?];
        while self.takes("OR") {
            any.push(self.and()?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Filter::Or(any) })
    }

    fn and(&mut self) -> Result<Filter, Refusal> {
        let mut all = vec![self.not()?];
        while self.takes("AND") {
            all.push(self.not()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Filter::And(all) })
    }

    fn not(&mut self) -> Result<Filter, Refusal> {
        if self.takes("NOT") {
            return Ok(Filter::Not(Box::new(self.not()?)));
        }
        if self.takes("(") {
            let inner = self.or()?;
            self.must("(", ")")?;
            return Ok(inner);
        }
        self.condition()
    }

    fn condition(&mut self) -> Result<Filter, Refusal> {
        let attribute = self.value()?;
        if !self.index.filterable(&attribute) {
            let message = format!("Attribute `{attribute}` is not filterable.");
            return Err(Refusal::bad(self.code, message));
        }
        let is = |test| Filter::Is { attribute: attribute.clone(), test };
        let negative = self.takes("NOT");
        let filter = if self.takes("IN") {
            self.must("IN", "[")?;
            let mut list = Vec::new();
            while !self.takes("]") {
                list.push(self.value()?);
                if !self.takes(",") {
                    self.must("IN[", "]")?;
                    break;
                }
            }
            is(Test::In(list))
        } else if self.takes("EXISTS") {
            is(Test::Exists)
        } else if self.takes("=") {
            is(Test::Equal(self.value()?))
        } else if self.takes("!=") {
            Filter::Not(Box::new(is(Test::Equal(self.value()?))))
        } else if self.takes("<=") {
            is(Test::LessOrEqual(self.number()?))
        } else if self.takes("<") {
            is(Test::Less(self.number()?))
        } else if self.takes(">=") {
            is(Test::MoreOrEqual(self.number()?))
        } else if self.takes(">") {
            is(Test::More(self.number()?))
        } else {
            let low = self.number().map_err(|_| {
                let message = format!(
                    "Was expecting an operation `=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, `EXISTS` or `NOT \
                     EXISTS` at `{attribute}`."
                );
                Refusal::bad(self.code, message)
            })?;
            self.must("a range", "TO")?;
            is(Test::To(low, self.number()?))
        };
        Ok(if negative { Filter::Not(Box::new(filter)) } else { filter })
    }

    /// Consumes the token if it is next and not quoted.
    fn takes(&mut self, wanted: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| !token.quoted && token.text == wanted);
        self.at += usize::from(found);
        found
    }

    /// Like [`Parser::takes`], but the token is required.
    fn must(&mut self, after: &str, wanted: &str) -> Result<(), Refusal> {
        if self.takes(wanted) {
            return Ok(());
        }
        Err(Refusal::bad(self.code, format!("Expected `{wanted}` after `{after}`.")))
    }

    fn value(&mut self) -> Result<String, Refusal> {
        let reserved = [
            "AND", "OR", "NOT", "IN", "TO", "EXISTS", "(", ")", "[", "]", ",", "=", "<", ">", "<=", ">=",
            "!=",
        ];
        match self.tokens.get(self.at) {
            Some(token) if token.quoted || !reserved.contains(&token.text.as_str()) => {
                self.at += 1;
                Ok(token.text.clone())
            }
            other => {
                let got = other.map_or("nothing", |token| token.text.as_str());
                Err(Refusal::bad(self.code, format!("Was expecting a value but instead got `{got}`.")))
            }
        }
    }

    fn number(&mut self) -> Result<f64, Refusal> {
        let value = self.value()?;
        value.parse().map_err(|_| Refusal::bad(self.code, format!("`{value}` is not a number.")))
    }
}
