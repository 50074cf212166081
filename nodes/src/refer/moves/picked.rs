//! Which of the rows that were shown a message means.

use tolmach_engine::{catalog::Product, measure};

use super::{
    super::{
        reading::Reading,
        rows::{self, RowWords, root},
    },
    Decision, MOST_TOLD, Move,
};

impl Decision<'_> {
    /// The rows that the message points at, in the order in which it does.
    pub(super) fn picked(&self) -> Vec<usize> {
        let (reading, rows) = (self.reading, &self.shown.rows);
        let mut picked: Vec<usize> = reading.nth.iter().map(|place| place - 1).collect();
        if reading.before_last {
            picked.extend(rows.len().checked_sub(2));
        }
        if reading.last > 0 {
            picked.extend(rows.len().saturating_sub(reading.last)..rows.len());
        }
        let asked = reading.which
            || reading.asks()
            || reading.choose
            || reading.compare
            || reading.instead
            || reading.count.is_some();
        if reading.cheapest || reading.cheaper && reading.which {
            picked.extend(rows::extreme(rows, true));
        }
        if let Some((dimension, most)) = reading.extreme {
            picked.extend(self.most(dimension, most));
        }
        if reading.dearest || reading.dearer && reading.which {
            picked.extend(rows::extreme(rows, false));
        }
        for code in &reading.codes {
            picked.extend(rows.iter().position(|row| same_code(&row.article, code)));
        }
        let money = reading.amounts.iter().copied().chain(reading.raw_bounds.iter().map(|bound| bound.value));
        let money: Vec<f64> = money.chain(reading.numbers.iter().copied()).collect();
        if picked.is_empty() && !money.is_empty() {
            let exact = |at: &usize| {
                rows.get(*at)
                    .and_then(|row| row.price)
                    .is_some_and(|price| money.iter().any(|m| (price - m).abs() < 1.0))
            };
            let near = rows::at_price(rows, &money);
            // «красный velmarq, он 4470 стоит?»: the row at that price is what else is said of it.
            let near: Vec<usize> = near
                .into_iter()
                .filter(|at| {
                    let words = self.words.get(*at);
                    reading.which
                        || reading
                            .include
                            .iter()
                            .all(|word| words.is_some_and(|words| words.holds(&root(word))))
                })
                .collect();
            // Without «тот» an exact price is meant only where it is a row's own to the rouble.
            if asked || near.iter().all(exact) {
                picked.extend(near);
            }
        }
        // «korvund 250 или stavrek 250»: a row for each.
        if picked.is_empty() && (reading.compare || reading.or) && self.alternatives.len() > 1 {
            for part in self.alternatives.iter().filter(|part| part.describes()) {
                // «korvund и stavrek на 620»: the number is of both.
                let mut alternative = part.clone();
                if alternative.numbers.is_empty() && alternative.measures.is_empty() {
                    alternative.numbers.clone_from(&reading.numbers);
                    alternative.measures.clone_from(&reading.measures);
                }
                let alternative = &alternative;
                picked.extend(
                    (0..rows.len())
                        .find(|at| self.words.get(*at).is_some_and(|words| words.fits(alternative))),
                );
            }
            if picked.len() < 2 {
                picked.clear();
            }
        }
        // «а красный?»: of those that are there.
        let asked = asked || reading.and && !reading.refines() && !reading.want;
        // «красный сколько стоит»: words that some of the rows hold, but not all.
        if (picked.is_empty() || reading.compare && picked.len() == 1) && asked && reading.describes() {
            let fits: Vec<usize> = (0..rows.len())
                .filter(|at| self.words.get(*at).is_some_and(|words| words.fits(reading)))
                .collect();
            // «25 оранжевых»: the number counts where no row states it.
            let fits = if fits.is_empty() && reading.numbers.len() == 1 && !reading.include.is_empty() {
                let words_only = Reading { numbers: Vec::new(), ..reading.clone() };
                (0..rows.len())
                    .filter(|at| self.words.get(*at).is_some_and(|words| words.fits(&words_only)))
                    .collect()
            } else {
                fits
            };
            if fits.len() < rows.len() {
                picked.extend(fits);
            }
        }
        // «тот, где 94 предмета»: a count that the rows state.
        if picked.is_empty() && reading.which {
            let states = |at: &usize| {
                let words = self.words.get(*at);
                words.is_some_and(|words| reading.counted.iter().any(|count| words.states(*count)))
            };
            picked.extend((0..rows.len()).filter(states));
        }
        // «мощнее который»: the one that has most of it.
        if picked.is_empty()
            && reading.which
            && let Some((dimension, more)) = reading.scale
        {
            picked.extend(self.most(dimension, more));
        }
        if picked.is_empty() && (reading.all || reading.them && (self.focused().is_none() || reading.compare))
        {
            picked.extend(0..rows.len());
        }
        let mut seen = Vec::new();
        picked.retain(|at| {
            *at < rows.len() && !seen.contains(at) && {
                seen.push(*at);
                true
            }
        });
        picked
    }

    /// A comparison with a row that was not shown, which its article names.
    pub(super) fn compared_with(&self) -> Option<Move> {
        let code = self.foreign_code()?.to_owned();
        let mut with: Vec<Product> = self
            .shown
            .rows
            .iter()
            .filter(|row| self.reading.codes.iter().any(|known| same_code(&row.article, known)))
            .cloned()
            .collect();
        if with.is_empty() {
            with.extend(self.focused().or_else(|| self.shown.rows.first().cloned()));
        }
        Some(Move::CompareWith(with, code))
    }

    pub(super) fn most(&self, dimension: Option<measure::Dimension>, more: bool) -> Option<usize> {
        let rows = &self.shown.rows;
        let dimension = dimension.map(|dimension| self.strength(dimension, rows));
        let stated = rows.iter().enumerate().filter_map(|(at, row)| {
            let measures = row.measures();
            let mut of = measures.iter().filter(|m| dimension.is_none_or(|wanted| m.dimension == wanted));
            Some((at, of.next()?.value))
        });
        let order = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
        let found = if more { stated.max_by(order) } else { stated.min_by(order) };
        found.map(|(at, _)| at)
    }

    /// What is meant by strength where the rows state no power: torque, energy or current.
    pub(in crate::refer) fn strength(
        &self,
        dimension: measure::Dimension,
        rows: &[Product],
    ) -> measure::Dimension {
        use measure::Dimension::{Current, Energy, Power, Torque};
        let stated = |wanted: &measure::Dimension| {
            rows.iter().any(|row| row.measures().iter().any(|measure| measure.dimension == *wanted))
        };
        match dimension {
            Power => [Power, Torque, Energy, Current].into_iter().find(stated).unwrap_or(Power),
            dimension => dimension,
        }
    }

    /// Words of the message that describe none of the rows it points at.
    pub(super) fn unread(&self, picked: &[usize]) -> Vec<String> {
        let rows = |at: &usize| self.words.get(*at);
        let held = |word: &&String| {
            let root = root(word);
            let among = picked.iter().filter_map(rows);
            let held = among.clone().any(|words| words.holds(&root));
            let focus = picked.is_empty()
                && self.context.focus.as_ref().is_some_and(|row| RowWords::of(row).holds(&root));
            held || focus
        };
        self.reading.include.iter().filter(|word| !held(word)).cloned().collect()
    }

    /// A code that is the article of no row shown: another product is meant.
    pub(super) fn foreign_code(&self) -> Option<&str> {
        let known = |code: &&String| !self.shown.rows.iter().any(|row| same_code(&row.article, code));
        self.reading.codes.iter().find(known).map(String::as_str)
    }

    pub(super) fn rows(&self, picked: &[usize]) -> Vec<Product> {
        picked.iter().filter_map(|at| self.shown.rows.get(*at)).take(MOST_TOLD).cloned().collect()
    }

    /// The row that «он», "it" or no word at all means.
    pub(super) fn focused(&self) -> Option<Product> {
        let only = || match self.shown.rows.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        };
        self.context.focus.clone().or_else(only)
    }

    pub(super) fn first(&self, count: usize) -> Vec<usize> {
        (0..self.shown.rows.len().min(count)).collect()
    }
}

/// Whether two article numbers are one, however they are parted and in whichever script.
fn same_code(article: &str, code: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).map(look_alike).collect()
    };
    let (article, code) = (plain(article), plain(code));
    !code.is_empty() && (article == code || code.len() >= 4 && article.ends_with(&code))
}

/// Cyrillic letters that look like Latin ones as those.
fn look_alike(c: char) -> char {
    match c {
        'а' => 'a',
        'в' => 'b',
        'е' => 'e',
        'к' => 'k',
        'м' => 'm',
        'н' => 'h',
        'о' => 'o',
        'р' => 'p',
        'с' => 'c',
        'т' => 't',
        'у' => 'y',
        'х' => 'x',
        c => c,
    }
}
