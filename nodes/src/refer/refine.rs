//! The last search, changed by a message: bounds, brands, words and numbers that rows must or must not hold, and «помощнее» or
//! «подешевле» compared with a row.

use tolmach_engine::{
    catalog::{Comparison, Field, Filter, FilterValue, Product, SearchRequest},
    language::Language,
    measure,
};

use super::{
    moves::{Decision, Move, Refinement},
    rows::{self, root, same_root},
};

impl Decision<'_> {
    /// The last search, changed by the message.
    pub(super) fn refined(&self) -> Result<Move, String> {
        let reading = self.reading;
        let rows = &self.shown.rows;
        if reading.asks() && !reading.stock && !reading.refines() {
            return Err("it asks of something that was not shown".to_owned());
        }
        if reading.choose || reading.remove {
            return Err("it takes something that was not shown".to_owned());
        }
        if !reading.places.is_empty() {
            return Err("it speaks of a place".to_owned());
        }
        if reading.delivery {
            return Err("it speaks of delivery".to_owned());
        }
        let in_stock = reading.in_stock || reading.stock;
        if self.question_waits && !reading.refines() {
            return Err("a question waits, and it may be its answer".to_owned());
        }
        // The thing itself again: a new search, unless something like what was shown is wanted.
        let query: Vec<String> = self.shown.request.text.split_whitespace().map(root).collect();
        let again = reading.include.iter().any(|word| {
            let root = root(word);
            let asked = reading.want || query.iter().any(|known| same_root(known, &root));
            asked && self.words.iter().all(|words| words.named(&root))
        });
        if again && !reading.compares() && reading.exclude.is_empty() {
            return Err("it names the thing again".to_owned());
        }
        let mut request = SearchRequest { offset: 0, similar_to: None, ..self.shown.request.clone() };
        let mut why: Vec<String> = Vec::new();
        let mut confirm = false;
        let mut narrowed = self.context.narrowed.clone();
        if narrowed.is_empty() {
            // What the query itself stated stays wanted: «генератор 3,5 кВт», then «с электростартером».
            let query = &self.shown.request.text;
            let stated = measure::find(query)
                .into_iter()
                .filter(|found| self.words.iter().any(|words| words.measures(&found.measure)));
            narrowed.extend(stated.filter_map(|found| Some(query.get(found.whole)?.to_owned())));
        }
        let mut instead = None;
        // Words of a new thing are what is wanted instead: «не нужен перфоратор, нужна дрель».
        for word in &reading.exclude {
            if let [measure, ..] = measure::measures(word).as_slice() {
                let field = Field::Measure(measure.dimension);
                request.filters.push(number_filter(field, Comparison::Ne, measure.value));
                narrowed.retain(|known| !measure::measures(known).contains(measure));
                why.push(format!("without «{word}»"));
                continue;
            }
            let root = root(word);
            let brand = rows.iter().find(|row| rows::of_brand(&root, &rows::root(&row.brand)));
            if let Some(row) = brand {
                drop_filters(&mut request, |filter| filter.field == Field::Brand);
                request.filters.push(text_filter(Field::Brand, Comparison::Ne, &row.brand));
            } else if self.words.iter().any(|words| words.holds(&root)) {
                // «не нужен перфоратор, нужна дрель»: another of the same kind, or something else.
                if self.words.iter().all(|words| words.named(&root)) && !reading.include.is_empty() {
                    let of_it = |word: &&str| !same_root(&super::rows::root(word), &root);
                    request.text =
                        request.text.split_whitespace().filter(of_it).collect::<Vec<_>>().join(" ");
                    narrowed.retain(|word| !same_root(&super::rows::root(word), &root));
                    instead = Some(reading.rest());
                    why.push(format!("not «{word}»"));
                    continue;
                }
                request.text = format!("{} {} {word}", request.text, self.without());
            } else if self.loose {
                continue;
            } else if self.reading.firmly && !self.question_waits {
                request.text = format!("{} {} {word}", request.text, self.without());
            } else {
                return Err(format!("nothing shown is «{word}»"));
            }
            why.push(format!("without «{word}»"));
        }
        confirm |= !narrowed.is_empty();
        for word in &reading.include {
            let root = root(word);
            let brand = rows.iter().find(|row| rows::of_brand(&root, &rows::root(&row.brand)));
            if let Some(row) = brand {
                drop_filters(&mut request, |filter| filter.field == Field::Brand);
                request.filters.push(text_filter(Field::Brand, Comparison::Eq, &row.brand));
            } else if !again || !self.words.iter().all(|words| words.named(&root)) {
                request.text = format!("{} {word}", request.text);
                narrowed.push(word.clone());
                confirm = true;
            }
            why.push(format!("with «{word}»"));
        }
        for number in reading.numbers.iter().filter(|_| reading.scale.is_none()) {
            if self.is_price(*number) {
                self.bound_price(&mut request, None, Some(*number));
                why.push(format!("price up to {number}"));
            } else {
                request.text = format!("{} {number}", without_numbers(&request.text));
                narrowed.retain(|known| measure::value(known).is_none());
                narrowed.push(number.to_string());
                confirm = true;
                why.push(format!("with the number {number}"));
            }
        }
        for (measured, words) in &reading.measures {
            let same =
                |known: &String| measure::measures(known).iter().any(|m| m.dimension == measured.dimension);
            for known in narrowed.iter().filter(|known| same(known)) {
                request.text = request.text.replace(known.as_str(), " ");
            }
            narrowed.retain(|known| !same(known) && measure::value(known).is_none());
            narrowed.push(words.clone());
            request.text = format!("{} {words}", without_numbers(&request.text));
            confirm = true;
            why.push(format!("with «{words}»"));
        }
        let (mut low, mut high) = (reading.min_price, reading.max_price);
        for bound in reading.raw_bounds.iter().filter(|_| reading.scale.is_none()) {
            let Some(value) = self.as_price(bound.value) else {
                return Err(format!("{} is no price of such goods", bound.value));
            };
            if bound.upper { high = Some(value) } else { low = Some(value) }
        }
        if low.is_some() || high.is_some() {
            self.bound_price(&mut request, low, high);
            why.push("within the price".to_owned());
        }
        if !reading.filters.is_empty() {
            let fields: Vec<Field> = reading.filters.iter().map(|filter| filter.field.clone()).collect();
            drop_filters(&mut request, |filter| fields.contains(&filter.field));
            request.filters.extend(reading.filters.iter().cloned());
            why.push("within the quantities".to_owned());
        }
        if in_stock {
            drop_filters(&mut request, |filter| filter.field == Field::Stock);
            request.filters.push(number_filter(Field::Stock, Comparison::Gt, 0.0));
            why.push("in stock".to_owned());
        }
        if reading.other_brand {
            let of = self.context.focus.as_ref().or(rows.first());
            let wanted = request.filters.iter().find(|filter| filter.field == Field::Brand);
            let brand = match wanted.map(|filter| &filter.value) {
                Some(FilterValue::Text(brand)) => brand.clone(),
                _ => of.map(|row| row.brand.clone()).unwrap_or_default(),
            };
            if brand.is_empty() {
                return Err("the rows name no brand".to_owned());
            }
            drop_filters(&mut request, |filter| filter.field == Field::Brand);
            request.filters.push(text_filter(Field::Brand, Comparison::Ne, &brand));
            narrowed.retain(|word| !same_root(&root(word), &root(&brand)));
            request.text = request
                .text
                .split_whitespace()
                .filter(|word| !same_root(&root(word), &root(&brand)))
                .collect::<Vec<_>>()
                .join(" ");
            why.push(format!("other than {brand}"));
        }
        self.compared(&mut request, &mut narrowed, &mut why)?;
        if why.is_empty() {
            return Err("it says nothing of what was shown".to_owned());
        }
        let why = why.join(", ");
        Ok(Move::Refine(Box::new(Refinement {
            request,
            confirm,
            narrowed,
            instead,
            why,
            cheaper: reading.cheaper,
            loose: self.loose,
        })))
    }

    /// «подешевле», «помощнее»: compared with the row that is spoken of, or the first one, which was offered.
    fn compared(
        &self,
        request: &mut SearchRequest,
        narrowed: &mut Vec<String>,
        why: &mut Vec<String>,
    ) -> Result<(), String> {
        let reading = self.reading;
        let of = self.context.focus.as_ref().or(self.shown.rows.first());
        if reading.cheaper || reading.dearer {
            let price = of.and_then(|row| row.price).or_else(|| rows::median_price(&self.shown.rows));
            let Some(price) = price else { return Err("no row has a price".to_owned()) };
            // «дороговато, давайте до 13 тысяч»: the sum that is named bounds it.
            let named = reading.max_price.is_some() || reading.min_price.is_some();
            if named {
                return Ok(());
            }
            drop_filters(request, |filter| filter.field == Field::Price);
            let comparison = if reading.cheaper { Comparison::Lt } else { Comparison::Gt };
            request.filters.push(number_filter(Field::Price, comparison, price));
            why.push(format!("{} than {price}", if reading.cheaper { "cheaper" } else { "dearer" }));
        }
        if let Some((dimension, more)) = reading.scale {
            let dimension = dimension.map(|dimension| self.strength(dimension, &self.shown.rows));
            let measures = of.map(Product::measures).unwrap_or_default();
            let stated = measures.iter().find(|m| dimension.is_none_or(|wanted| m.dimension == wanted));
            let Some(stated) = stated else { return Err("the row states no such quantity".to_owned()) };
            let field = Field::Measure(stated.dimension);
            drop_filters(request, |filter| filter.field == field);
            // «помощнее, хотя бы 1100»: in the unit in which the row is written, or a thousand of it.
            let named =
                reading.numbers.first().copied().or(reading.raw_bounds.first().map(|bound| bound.value));
            let named =
                named.map(|number| if number < stated.value / 100.0 { number * 1000.0 } else { number });
            let comparison = match (more, named) {
                (true, Some(_)) => Comparison::Ge,
                (true, None) => Comparison::Gt,
                (false, Some(_)) => Comparison::Le,
                (false, None) => Comparison::Lt,
            };
            let value = named.unwrap_or(stated.value);
            // What the query stated of it no longer holds.
            let of_it =
                |known: &String| measure::measures(known).iter().any(|m| m.dimension == stated.dimension);
            for known in narrowed.iter().filter(|known| of_it(known)) {
                request.text = request.text.replace(known.as_str(), " ");
            }
            narrowed.retain(|known| !of_it(known));
            request.filters.push(number_filter(field, comparison, value));
            why.push(format!(
                "{} {} than {value}",
                if more { "more" } else { "less" },
                stated.dimension.name()
            ));
        }
        Ok(())
    }

    /// Whether a number alone is a sum of money here: as large as the prices, and in no row.
    fn is_price(&self, number: f64) -> bool {
        number >= 1000.0
            && rows::median_price(&self.shown.rows)
                .is_some_and(|median| number > median / 50.0 && number < median * 10.0)
            && !self.words.iter().any(|words| words.states(number))
    }

    /// A number after «до» as a price: «за 15» is of thousands where the goods cost thousands.
    fn as_price(&self, number: f64) -> Option<f64> {
        let median = rows::median_price(&self.shown.rows)?;
        let fits = |price: f64| price > median / 20.0 && price < median * 20.0;
        [number, number * 1000.0].into_iter().find(|price| fits(*price))
    }

    fn without(&self) -> &'static str {
        match self.language {
            Language::Ru => "без",
            Language::En => "without",
        }
    }

    fn bound_price(&self, request: &mut SearchRequest, low: Option<f64>, high: Option<f64>) {
        drop_filters(request, |filter| {
            let upper = matches!(filter.comparison, Comparison::Lt | Comparison::Le);
            let FilterValue::Number(bound) = filter.value else { return false };
            // An older bound that contradicts the new one goes too.
            filter.field == Field::Price
                && (upper && (high.is_some() || low.is_some_and(|low| low > bound))
                    || !upper && (low.is_some() || high.is_some_and(|high| high < bound)))
        });
        let bounds = [(low, Comparison::Ge), (high, Comparison::Le)];
        for (value, comparison) in bounds {
            request.filters.extend(value.map(|value| number_filter(Field::Price, comparison, value)));
        }
    }
}

fn drop_filters(request: &mut SearchRequest, which: impl Fn(&Filter) -> bool) {
    request.filters.retain(|filter| !which(filter));
}

fn number_filter(field: Field, comparison: Comparison, value: f64) -> Filter {
    Filter { field, comparison, value: FilterValue::Number(value) }
}

fn text_filter(field: Field, comparison: Comparison, value: &str) -> Filter {
    Filter { field, comparison, value: FilterValue::Text(value.to_owned()) }
}

/// A query without the numbers that an earlier refinement put there: «болгарка 125», then «150».
fn without_numbers(text: &str) -> String {
    let number = |word: &&str| !word.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
    text.split_whitespace().filter(number).collect::<Vec<_>>().join(" ")
}
