//! What a message about rows comes to: something to tell, to compare, to choose, or a search that is changed.

mod picked;

use tolmach_engine::{
    catalog::{Product, SearchRequest},
    context::{Context, Shown},
    language::Language,
};

use super::{
    reading::Reading,
    rows::{RowWords, root},
};

/// The most rows that are told of or compared at once.
pub(super) const MOST_TOLD: usize = 4;

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Move {
    /// Tell of rows.
    Tell(Vec<Product>),
    /// There is no such place: so many rows were shown.
    NoSuchPlace(usize),
    /// Compare rows.
    Compare(Vec<Product>),
    /// Compare rows with one that was not shown, by its article.
    CompareWith(Vec<Product>, String),
    /// Recommend one of these.
    Recommend(Vec<Product>),
    /// Put rows into the order.
    Choose(Vec<(Product, Option<f64>)>),
    /// Put a row that was not shown into the order, by its article.
    ChooseCode(String, Option<f64>),
    /// Tell what the order costs.
    Total,
    /// Change the order's last line or its place.
    Adjust,
    /// Take lines out of the order.
    Remove(Vec<String>),
    /// Ask what is meant.
    Ask,
    /// The next page.
    Further,
    /// The search before.
    Back,
    /// The search, changed.
    Refine(Box<Refinement>),
}

/// A changed search.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refinement {
    pub(super) request: SearchRequest,
    /// Rows must hold the words, numbers and quantities of the message: they may name something else entirely.
    pub(super) confirm: bool,
    /// What rows must be like, with what narrowed the search before.
    pub(super) narrowed: Vec<String>,
    /// What to read the message as where no row is like that: something else is wanted.
    pub(super) instead: Option<String>,
    /// What was changed, for the trace.
    pub(super) why: String,
    /// Something cheaper was asked for.
    pub(super) cheaper: bool,
    /// Words that no row holds are passed over.
    pub(super) loose: bool,
}

/// What a message comes to; otherwise why it says nothing of the rows.
///
/// # Errors
/// The reason, for the trace.
pub(super) fn decide(
    reading: &Reading,
    alternatives: &[Reading],
    context: &Context,
    language: Language,
    question_waits: bool,
    loose: bool,
) -> Result<Move, String> {
    let order = !context.order.lines.is_empty();
    let Some(shown) = &context.shown else {
        if let Some(code) = reading.codes.first().filter(|_| reading.takes_code()) {
            return Ok(Move::ChooseCode(code.clone(), reading.count));
        }
        return if order { adjust(reading, context) } else { Err("nothing was shown".to_owned()) };
    };
    let words = words_of(&shown.rows);
    // «какой из них в кейсе?»: no place, but a word of a row.
    let (described, places): (Vec<String>, Vec<String>) = reading
        .places
        .iter()
        .cloned()
        .partition(|place| !reading.choose && words.iter().any(|words| words.holds(&root(place))));
    let mut reading = Reading { places, ..reading.clone() };
    reading.include.extend(described);
    // «есть мультиметры?»: words that no row holds name other goods.
    let loose = loose && !(reading.have || reading.want);
    if loose && (reading.recommend || reading.compare || reading.asks() || reading.choose || reading.points())
    {
        let held = |word: &String| words.iter().any(|words| words.holds(&root(word)));
        let known: Vec<String> = reading.include.iter().filter(|word| held(word)).cloned().collect();
        if known.len() < reading.include.len() {
            let bare = Reading { include: known, ..reading.clone() };
            let words = words_of(&shown.rows);
            let decision = Decision {
                reading: &bare,
                alternatives,
                context,
                shown,
                language,
                question_waits,
                words,
                loose,
            };
            // Nothing is ordered by words that were not understood.
            let ordered = |found: &Move| {
                matches!(found, Move::Choose(_) | Move::ChooseCode(..) | Move::Adjust | Move::Remove(_))
            };
            if let Ok(found) = decision.take()
                && !ordered(&found)
            {
                return Ok(found);
            }
        }
    }
    Decision { reading: &reading, alternatives, context, shown, language, question_waits, words, loose }
        .take()
}

fn words_of(rows: &[Product]) -> Vec<RowWords> {
    rows.iter().map(RowWords::of).collect()
}

/// A message that changes an order and points at no row: «2 штуки», «в Самару».
fn adjust(reading: &Reading, context: &Context) -> Result<Move, String> {
    if reading.total && reading.include.is_empty() && !context.order.lines.is_empty() {
        return Ok(Move::Total);
    }
    let plain = reading.include.is_empty()
        && reading.exclude.is_empty()
        && reading.codes.is_empty()
        && (reading.numbers.is_empty() || reading.numbers.len() == 1 && reading.want)
        && !reading.asks()
        && !(reading.question && (reading.delivery || reading.have))
        && !reading.points()
        && !reading.refines();
    let says = reading.new_count().is_some() || !reading.places.is_empty() && context.order.place.is_empty();
    if plain && says { Ok(Move::Adjust) } else { Err("nothing of the order".to_owned()) }
}

pub(super) struct Decision<'d> {
    pub(super) reading: &'d Reading,
    /// The parts of the message that «или», «и» and commas part, read one by one.
    pub(super) alternatives: &'d [Reading],
    pub(super) context: &'d Context,
    pub(super) shown: &'d Shown,
    pub(super) language: Language,
    pub(super) question_waits: bool,
    pub(super) words: Vec<RowWords>,
    /// Words that nothing is known of are passed over.
    pub(super) loose: bool,
}

impl Decision<'_> {
    fn take(&self) -> Result<Move, String> {
        let reading = self.reading;
        let rows = &self.shown.rows;
        if let Some(place) = reading.nth.iter().find(|place| **place > rows.len()) {
            // «четвертый» of three; but «размер 48» and the like are no places.
            return if *place <= 10 && reading.include.is_empty() {
                Ok(Move::NoSuchPlace(rows.len()))
            } else {
                Err(format!("there is no row {place}"))
            };
        }
        let picked = self.picked();
        if (reading.compare || reading.or)
            && let Some(compared) = self.compared_with()
        {
            return Ok(compared);
        }
        let ordered = !self.context.order.lines.is_empty();
        // Words that describe none of the rows pointed at are about something else.
        let unread = self.unread(&picked);
        // "does it come with a battery?": of the row, with words of rows like it.
        if let Some(row) = self.focused()
            && (reading.this || reading.what)
            && picked.is_empty()
            && !unread.is_empty()
            && !(reading.choose || reading.want || reading.compare || reading.delivery || reading.refines())
            && reading.places.is_empty()
            && unread.iter().all(|word| self.words.iter().any(|words| words.holds(&root(word))))
        {
            return Ok(Move::Tell(vec![row]));
        }
        // «сколько стоит в Самару?» is of delivery.
        if reading.price && !reading.places.is_empty() && !reading.choose {
            return Err("it asks of a place".to_owned());
        }
        if let Some(code) = self.foreign_code() {
            if picked.is_empty() && reading.takes_code() {
                return Ok(Move::ChooseCode(code.to_owned(), reading.count));
            }
            return Err(format!("«{code}» is the number of none of the rows"));
        }
        if reading.remove && ordered {
            return self.removed(&picked);
        }
        let passed_over = self.loose && !picked.is_empty() && reading.asks() && !reading.choose;
        if unread.is_empty() || passed_over {
            if let Some(found) = self.spoken(&picked, ordered)? {
                return Ok(found);
            }
        } else if !picked.is_empty() && reading.points() {
            return Err(format!("nothing shown is «{}»", unread.join(" ")));
        }
        if ordered && let Ok(adjusted) = adjust(reading, self.context) {
            return Ok(adjusted);
        }
        if (reading.further || reading.back)
            && reading.include.is_empty()
            && !reading.refines()
            && !self.question_waits
            && !reading.asks()
            && reading.places.is_empty()
            && reading.numbers.is_empty()
        {
            return Ok(if reading.back { Move::Back } else { Move::Further });
        }
        self.refined()
    }

    /// Speech about rows, when no word of the message is about anything else.
    fn spoken(&self, picked: &[usize], ordered: bool) -> Result<Option<Move>, String> {
        let reading = self.reading;
        let rows = self.rows(picked);
        let explicit = !picked.is_empty();
        // «15 второго»: a number that no row states counts.
        let stated = |number: &f64| {
            picked.iter().filter_map(|at| self.words.get(*at)).any(|words| words.states(*number))
                || rows.iter().any(|row| row.price.is_some_and(|price| (price - number).abs() < 1.0))
        };
        let of_none: Vec<f64> = reading.numbers.iter().copied().filter(|number| !stated(number)).collect();
        let counted = match of_none.as_slice() {
            [number] if explicit && number.fract() == 0.0 && !reading.asks() => Some(*number),
            _ => None,
        };
        let others = reading.counted.iter().copied().rfind(|count| !stated(count));
        let count = if reading.which { others.or(counted) } else { reading.count.or(counted) };
        let takes = reading.choose || count.is_some() || reading.want && reading.points();
        let refused = !reading.exclude.is_empty();
        if takes && !refused && !reading.asks() && !reading.refines()
            || reading.choose && explicit && !refused
        {
            let lines: Vec<(Product, Option<f64>)> = picked
                .iter()
                .filter_map(|at| {
                    let counted =
                        reading.counts.iter().find(|(place, _)| place - 1 == *at).map(|(_, count)| *count);
                    Some((self.shown.rows.get(*at)?.clone(), counted.or(count)))
                })
                .collect();
            if !lines.is_empty()
                && !(reading.all && (picked.len() > MOST_TOLD || self.context.focus.is_some()))
            {
                return Ok(Some(Move::Choose(lines)));
            }
            let this = reading.choose || reading.this || reading.them;
            if (!explicit || reading.all)
                && (this || reading.all && reading.choose)
                && let Some(row) = self.focused()
            {
                return Ok(Some(Move::Choose(vec![(row, reading.count)])));
            }
            // «возьму 3» where nothing is spoken of: the third.
            let place = reading.count.filter(|count| *count >= 1.0 && *count <= self.shown.rows.len() as f64);
            if !explicit
                && reading.choose
                && !ordered
                && let Some(place) = place
                && let Some(row) = self.shown.rows.get(place as usize - 1)
            {
                return Ok(Some(Move::Choose(vec![(row.clone(), None)])));
            }
            if !explicit
                && reading.count.is_some()
                && !ordered
                && let Some(row) = self.focused()
            {
                return Ok(Some(Move::Choose(vec![(row, reading.count)])));
            }
        }
        if reading.compare || reading.or && rows.len() > 1 {
            let compared = match rows.len() {
                0 if self.context.focus.is_none() || !reading.this => self.rows(&self.first(3)),
                0 | 1 => {
                    let mut both: Vec<Product> = self.focused().into_iter().chain(rows).collect();
                    both.dedup_by(|a, b| a.id == b.id);
                    if both.len() < 2 { self.rows(&self.first(2)) } else { both }
                }
                _ => rows,
            };
            return if compared.len() > 1 {
                Ok(Some(Move::Compare(compared)))
            } else {
                Err("there is one row, so that there is nothing to compare".to_owned())
            };
        }
        if reading.recommend && !reading.describes() {
            let among = if rows.len() > 1 { rows } else { self.shown.rows.clone() };
            return Ok(Some(Move::Recommend(among)));
        }
        let changes = reading.refines() && !explicit;
        if explicit && !changes && !refused {
            return Ok(Some(Move::Tell(rows)));
        }
        let asks =
            reading.asks() || reading.have && (!reading.places.is_empty() || reading.this || reading.them);
        if asks && !changes && !reading.describes() && !refused && !reading.delivery {
            if let Some(row) = self.focused() {
                return Ok(Some(Move::Tell(vec![row])));
            }
            // «сколько стоит?» after several rows is of all of them; «есть в наличии?» narrows them.
            if reading.stock && reading.places.is_empty() && !reading.this {
                return Ok(None);
            }
            if reading.details && !reading.this {
                return Err("it is not said of which row".to_owned());
            }
            let several = if reading.this { self.first(1) } else { self.first(MOST_TOLD) };
            return Ok(Some(Move::Tell(self.rows(&several))));
        }
        // «у него есть аккумулятор?»: what is known of it is shown.
        let alone = (reading.this || reading.them) && !refused && !changes && !reading.delivery;
        if alone
            && !reading.spoke_otherwise()
            && let Some(row) = self.focused()
        {
            return Ok(Some(Move::Tell(vec![row])));
        }
        if reading.yes && reading.says_only_yes() && !self.question_waits {
            return Ok(Some(Move::Ask));
        }
        Ok(None)
    }

    fn removed(&self, picked: &[usize]) -> Result<Move, String> {
        let lines = &self.context.order.lines;
        let mut ids: Vec<String> = self.rows(picked).into_iter().map(|row| row.id).collect();
        ids.retain(|id| lines.iter().any(|line| line.id == *id));
        if ids.is_empty() {
            let place = self.reading.nth.first().and_then(|place| lines.get(place - 1));
            ids.extend(
                place
                    .or(lines.last())
                    .filter(|_| self.reading.include.is_empty())
                    .map(|line| line.id.clone()),
            );
        }
        if ids.is_empty() { Err("no line of the order is meant".to_owned()) } else { Ok(Move::Remove(ids)) }
    }
}

impl Reading {
    /// Whether it puts goods into the order by their number: «беру WH-12062», «WH-12062 2 шт».
    fn takes_code(&self) -> bool {
        let counted = self.count.is_some() && !self.question && !self.have && !self.unsaid;
        (self.choose || counted)
            && !self.compare
            && !self.asks()
            && self.include.is_empty()
            && self.exclude.is_empty()
    }

    /// How many are wanted instead: «4 штуки», "make it 25".
    pub(super) fn new_count(&self) -> Option<f64> {
        let number = self
            .numbers
            .first()
            .copied()
            .filter(|number| self.want && number.fract() == 0.0 && *number >= 1.0);
        self.count.or(number)
    }

    /// Whether it says goodbye and speaks of no row: «беру второй, хорошего дня» does.
    pub(super) fn only_bye(&self) -> bool {
        self.bye && !(self.choose || self.count.is_some() || self.asks() || !self.nth.is_empty())
    }

    /// Whether there is nothing in it but agreement.
    fn says_only_yes(&self) -> bool {
        let bare = Reading { question: false, and: false, yes: false, want: false, ..self.clone() };
        (self.yes || self.want) && bare == Reading { spoke: true, ..Reading::default() }
    }

    /// What is wanted, without what is not.
    pub(super) fn rest(&self) -> String {
        let mut words = self.include.clone();
        words.extend(self.measures.iter().map(|(_, words)| words.clone()));
        words.extend(self.numbers.iter().map(f64::to_string));
        words.extend(self.max_price.map(|price| format!("до {price} руб")));
        words.join(" ")
    }

    /// Whether it says more than «этот».
    fn spoke_otherwise(&self) -> bool {
        let bare = Reading { question: false, and: false, this: false, them: false, ..self.clone() };
        bare != Reading { spoke: true, ..Reading::default() }
    }
}
