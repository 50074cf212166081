//! Where the header is and what its columns mean, by the names that Russian, Ukrainian and English price lists use.
//!
//! Values below the header are not looked at, apart from the row that may be the header's second half.

use std::collections::BTreeMap;

use super::{
    cells::{Row, Sheet, Value},
    value,
};

/// Rows of a sheet that may hold the header.
pub(super) const LOOKED_AT: u32 = 60;
/// A longer cell is a sentence, not a heading.
const LONGEST_HEADING: usize = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Column {
    Article,
    Name,
    NameEn,
    Price,
    Stock,
    Unit,
    Brand,
    Description,
    DescriptionEn,
    Photo,
    Category,
    CategoryEn,
}

impl Column {
    /// As the report names it.
    pub fn label(self) -> &'static str {
        match self {
            Column::Article => "article",
            Column::Name => "name",
            Column::NameEn => "name (English)",
            Column::Price => "price",
            Column::Stock => "stock",
            Column::Unit => "unit",
            Column::Brand => "brand",
            Column::Description => "description",
            Column::DescriptionEn => "description (English)",
            Column::Photo => "photo",
            Column::Category => "category",
            Column::CategoryEn => "category (English)",
        }
    }
}

/// A header found.
#[derive(Debug)]
pub(super) struct Header {
    /// Number of its last row, from 1.
    pub row: u32,
    /// The columns that are used.
    pub columns: BTreeMap<Column, u32>,
    /// Every heading.
    pub headings: BTreeMap<u32, String>,
    /// From the heading of the price.
    pub currency: Option<&'static str>,
}

impl Header {
    /// Whether a column's heading is in English, so that its texts may be.
    pub fn is_english(&self, column: Column) -> bool {
        self.columns
            .get(&column)
            .and_then(|at| self.headings.get(at))
            .is_some_and(|heading| !heading.chars().any(crate::words::is_cyrillic))
    }
}

/// The best header among the first rows; `None` when no row names a column of names and one more.
pub(super) fn find(sheet: &Sheet) -> Option<Header> {
    let mut best: Option<(usize, Header)> = None;
    for (index, row) in sheet.rows.iter().enumerate().take_while(|(_, row)| row.number <= LOOKED_AT) {
        let single = headings(row);
        let columns = assign(&single);
        let mut score = worth(&columns);
        let mut header = Header { row: row.number, currency: None, columns, headings: single };
        if let Some(next) = sheet.rows.get(index + 1).filter(|next| next.number == row.number + 1)
            && let Some(joined) = joined(&header.headings, next)
        {
            let columns = assign(&joined);
            if worth(&columns) > score || worth(&columns) == score && continues(&header, next) {
                score = worth(&columns);
                header = Header { row: next.number, currency: None, columns, headings: joined };
            }
        }
        if score > best.as_ref().map_or(0, |(score, _)| *score) {
            best = Some((score, header));
        }
    }
    let (_, mut header) = best?;
    header.currency = header
        .columns
        .get(&Column::Price)
        .and_then(|at| header.headings.get(at))
        .and_then(|heading| value::currency(heading));
    Some(header)
}

/// Fields found, or 0 when the row cannot be a header.
fn worth(columns: &BTreeMap<Column, u32>) -> usize {
    let named = columns.contains_key(&Column::Name);
    let more = [Column::Article, Column::Price, Column::Stock, Column::Unit, Column::Brand, Column::Category];
    if named && more.iter().any(|column| columns.contains_key(column)) { columns.len() } else { 0 }
}

fn headings(row: &Row) -> BTreeMap<u32, String> {
    row.cells
        .iter()
        .filter_map(|(column, value)| match value {
            Value::Text(text) if text.chars().count() <= LONGEST_HEADING => Some((*column, text.clone())),
            _ => None,
        })
        .collect()
}

/// The headings of a row with those of the row below; a heading merged over several columns reaches to the right for as
/// long as there is something below and nothing beside.
fn joined(upper: &BTreeMap<u32, String>, lower: &Row) -> Option<BTreeMap<u32, String>> {
    if lower.cells.iter().any(|(_, value)| !matches!(value, Value::Text(_))) {
        return None;
    }
    let lower = headings(lower);
    let mut joined = upper.clone();
    for (column, below) in &lower {
        let mut at = *column;
        while !upper.contains_key(&at) && at > 0 && lower.contains_key(&(at - 1)) {
            at -= 1;
        }
        let heading = match upper.get(&at) {
            Some(above) => format!("{above} {below}"),
            None => below.clone(),
        };
        joined.insert(*column, heading);
    }
    Some(joined)
}

/// Whether a row goes on with the header: its cells are texts under or beside known columns, none of them where an item
/// would have its name or article, and no section has been started.
fn continues(header: &Header, row: &Row) -> bool {
    let empty = |column| header.columns.get(&column).is_none_or(|at| row.get(*at).is_none());
    let first = header.headings.keys().next();
    empty(Column::Name) && empty(Column::Article) && row.cells.first().map(|(at, _)| at) != first
}

/// What each heading stands for; of two headings for one field the better name wins, then the left one.
fn assign(headings: &BTreeMap<u32, String>) -> BTreeMap<Column, u32> {
    let mut best: BTreeMap<Column, (u8, u32)> = BTreeMap::new();
    let mut other_names = Vec::new();
    for (at, heading) in headings {
        let Some((column, rank)) = classify(heading) else { continue };
        let entry = best.entry(column).or_insert((rank, *at));
        let (loser, won) = if rank < entry.0 { (entry.1, true) } else { (*at, false) };
        if won {
            *entry = (rank, *at);
        }
        if loser != entry.1 {
            other_names.push((column, loser));
        }
    }
    let mut columns: BTreeMap<Column, u32> = best.into_iter().map(|(column, (_, at))| (column, at)).collect();
    let english =
        |at: &u32| headings.get(at).is_some_and(|text| !text.chars().any(crate::words::is_cyrillic));
    for (native, foreign) in [
        (Column::Name, Column::NameEn),
        (Column::Description, Column::DescriptionEn),
        (Column::Category, Column::CategoryEn),
    ] {
        // «Наименование» beside "Name": the second is the English one, whichever was taken first.
        if let (Some(at), None) = (columns.get(&native).copied(), columns.get(&foreign))
            && let Some((_, other)) =
                other_names.iter().find(|(column, other)| *column == native && english(other) != english(&at))
        {
            let (russian, foreign_at) = if english(&at) { (*other, at) } else { (at, *other) };
            columns.insert(native, russian);
            columns.insert(foreign, foreign_at);
        }
        // Only an English column: it is the column.
        if !columns.contains_key(&native)
            && let Some(at) = columns.remove(&foreign)
        {
            columns.insert(native, at);
        }
    }
    // Many English lists call the name "Description".
    if !columns.contains_key(&Column::Name)
        && let Some(at) = columns.remove(&Column::Description)
    {
        columns.insert(Column::Name, at);
    }
    columns
}

/// A heading's meaning and how good a name it is for it, 0 the best.
fn classify(heading: &str) -> Option<(Column, u8)> {
    let lower = heading.to_lowercase().replace('ё', "е");
    let plain = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let words: Vec<&str> = plain.split(' ').collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let starts =
        |wanted: &[&str]| words.iter().any(|word| wanted.iter().any(|start| word.starts_with(start)));
    let is = |wanted: &[&str]| wanted.contains(&plain.as_str());

    // Columns that share a word with one of ours but mean something else.
    if starts(&[
        "штрих",
        "barcode",
        "ean",
        "страна",
        "country",
        "упак",
        "pack",
        "заказ",
        "order",
        "гарант",
        "warranty",
    ]) || starts(&["вес", "weight", "объем", "volume", "скид", "discount", "знижк", "сумма", "amount"])
        || is(&["п п", "no", "n"])
    {
        return None;
    }
    let english = has(&["en", "eng", "english", "англ", "английский", "английском", "англійською"]);
    let either = |native, foreign, rank| Some((if english { foreign } else { native }, rank));

    if starts(&[
        "цена",
        "цены",
        "ціна",
        "price",
        "стоимост",
        "вартіст",
        "cost",
        "прайс",
        "ррц",
        "мрц",
        "rrp",
        "msrp",
    ]) || (value::currency(heading).is_some()
        && plain.chars().count() <= 24
        && !plain.chars().any(char::is_numeric))
    {
        let rank = if starts(&["розн", "роздр", "retail", "ррц", "rrp", "msrp", "рекоменд"])
        {
            0
        } else if starts(&[
            "опт",
            "закуп",
            "себес",
            "акци",
            "дилер",
            "wholesale",
            "dealer",
            "old",
            "стар",
            "мин",
        ]) {
            2
        } else {
            1
        };
        return Some((Column::Price, rank));
    }
    if starts(&["фото", "изображ", "картин", "зображ", "photo", "image", "picture", "img"])
    {
        return Some((Column::Photo, u8::from(!has(&["url"]))));
    }
    if starts(&["артикул", "sku"]) || is(&["арт", "article", "article no", "article number", "product uid"])
    {
        return Some((Column::Article, 0));
    }
    if starts(&["каталожн"])
        || is(&["part no", "part number", "part", "item no", "item number", "item code", "product code"])
        || is(&[
            "product id",
            "vendor code",
            "catalog no",
            "catalogue no",
            "ref",
            "reference",
            "mpn",
            "model no",
        ])
    {
        return Some((Column::Article, 1));
    }
    if has(&["код", "code"]) || is(&["номенклатурный номер", "id", "номер"]) {
        return Some((Column::Article, 2));
    }
    if starts(&["остат", "налич", "залиш", "наявн", "stock", "availab", "склад"]) {
        return Some((Column::Stock, 0));
    }
    if starts(&["колич", "кільк", "qty", "quantity"]) || is(&["кол во", "кол", "к во", "к сть", "balance"])
    {
        return Some((Column::Stock, 1));
    }
    if has(&["ед", "од", "unit", "units", "uom", "единица", "единицы", "одиниця"]) {
        return Some((Column::Unit, 0));
    }
    if starts(&["бренд", "производител", "изготовител", "виробник", "brand", "manufacturer"])
    {
        return Some((Column::Brand, 0));
    }
    if is(&["марка", "торговая марка", "тм", "vendor", "maker", "producer"]) {
        return Some((Column::Brand, 1));
    }
    if starts(&["категор", "categor"]) {
        return either(Column::Category, Column::CategoryEn, 0);
    }
    if starts(&["групп", "груп", "раздел", "розділ", "group", "section", "department"]) {
        return either(Column::Category, Column::CategoryEn, 1);
    }
    if starts(&["наимен", "наймен", "номенклатур", "назва", "title", "name"]) {
        return either(Column::Name, Column::NameEn, 0);
    }
    if starts(&["описан", "опис", "description"]) {
        return either(Column::Description, Column::DescriptionEn, 0);
    }
    if starts(&["характерист", "specification", "specs", "details", "комментар"]) {
        return either(Column::Description, Column::DescriptionEn, 1);
    }
    if starts(&["товар", "продукц"]) || is(&["product", "products", "item", "model", "модель", "goods"])
    {
        return either(Column::Name, Column::NameEn, 1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(heading: &str, expected: Option<Column>) {
        assert_eq!(classify(heading).map(|(column, _)| column), expected, "{heading}");
    }

    #[test]
    fn headings_in_three_languages() {
        check("Артикул", Some(Column::Article));
        check("Код товара", Some(Column::Article));
        check("Part No.", Some(Column::Article));
        check("product_uid", Some(Column::Article));
        check("product_title", Some(Column::Name));
        check("Номенклатура", Some(Column::Name));
        check("Назва", Some(Column::Name));
        check("name_en", Some(Column::NameEn));
        check("Наименование (англ.)", Some(Column::NameEn));
        check("Цена, руб. с НДС", Some(Column::Price));
        check(" € без ПДВ", Some(Column::Price));
        check("ціна, грн", Some(Column::Price));
        check("Остаток на складе", Some(Column::Stock));
        check("Кол-во", Some(Column::Stock));
        check("Кол-во в упаковке", None);
        check("Ед. изм.", Some(Column::Unit));
        check("Производитель", Some(Column::Brand));
        check("Страна-производитель", None);
        check("Фото (URL)", Some(Column::Photo));
        check("Штрихкод", None);
        check("Заказ", None);
        check("№ п/п", None);
    }
}
