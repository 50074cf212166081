//! Prom.ua: attributes are triples of columns with the same three headings, and the state of stock is a sign.
//!
//! Headings are Ukrainian or Russian. Reference: <https://support.prom.ua/hc/uk/articles/360004963538>.

use super::{
    super::{
        html,
        table::{Record, Table},
        workbook::{Row, Sheet, Value},
    },
    Export,
};

const CODE: &[&str] = &["код товару", "код товара"];
const NAME: &[&str] = &["назва позиції", "название позиции"];
const NAME_UK: &[&str] = &["назва позиції укр", "название позиции укр", "назва позиції (укр)"];
const SEARCHES: &[&str] = &["пошукові запити", "поисковые запросы"];
const PRICE: &[&str] = &["ціна", "цена"];
const CURRENCY: &[&str] = &["валюта"];
const UNIT: &[&str] = &["одиниця виміру", "единица измерения"];
const STATE: &[&str] = &["наявність", "наличие"];
const COUNT: &[&str] = &["кількість", "количество"];
const GROUP: &[&str] = &["назва групи", "название группы"];
const MAKER: &[&str] = &["виробник", "производитель"];
const COUNTRY: &[&str] = &["країна виробник", "страна производитель"];
const DESCRIPTION: &[&str] = &["опис", "описание", "опис укр", "описание укр"];
const PHOTO: &[&str] = &["посилання зображення", "ссылка изображения"];
const ID: &[&str] =
    &["унікальний ідентифікатор", "уникальный идентификатор", "ідентифікатор товару", "идентификатор товара"];

const HEADINGS: &[&str] = &[
    "Артикул",
    "Назва",
    "Ціна",
    "Валюта",
    "Одиниця виміру",
    "Залишок",
    "Виробник",
    "Категорія",
    "Опис",
    "Фото URL",
];

pub(super) fn rewrite(export: &Export<'_>) -> Option<(&'static str, Sheet)> {
    let triples = triples(export);
    if !export.has(&[CODE, NAME, PRICE]) || triples.is_empty() && !export.has(&[SEARCHES]) {
        return None;
    }
    let mut table = Table::new(HEADINGS);
    for row in export.rows {
        table.add(row.number, item(export, row, &triples));
    }
    Some(("Prom.ua", table.finish(String::new())))
}

/// Columns of the name, the unit and the value of an attribute.
type Triple = (u32, Option<u32>, u32);

fn triples(export: &Export<'_>) -> Vec<Triple> {
    let mut found = Vec::new();
    let (mut name, mut unit) = (None, None);
    for (at, heading) in &export.headings {
        let heading = super::fold(heading);
        // Spreadsheet programs number equal headings, so only the beginning is compared.
        let begins = |starts: &[&str]| starts.iter().any(|start| heading.starts_with(start));
        if begins(&["назва характеристики", "название характеристики"])
        {
            (name, unit) = (Some(*at), None);
        } else if begins(&[
            "одиниця виміру характеристики",
            "измерение характеристики",
            "единица измерения характеристики",
        ]) {
            unit = Some(*at);
        } else if begins(&["значення характеристики", "значение характеристики"])
        {
            found.extend(name.take().map(|name| (name, unit.take(), *at)));
        }
    }
    found
}

fn item(export: &Export<'_>, row: &Row, triples: &[Triple]) -> Record {
    let of = |names: &[&str]| export.text(row, names);
    let mut record = Record::default();
    record.text("Артикул", &of(CODE));
    record.text("Артикул", &of(ID));
    record.text("Назва", &of(NAME));
    record.text("Назва", &of(NAME_UK));
    if let Some(price) = export.column(PRICE).and_then(|at| row.get(at)) {
        record.value("Ціна", price.clone(), None);
    }
    record.text("Валюта", &of(CURRENCY));
    record.text("Одиниця виміру", &of(UNIT));
    record.text("Залишок", &stock(&of(COUNT), &of(STATE)));
    record.text("Виробник", &of(MAKER));
    record.text("Категорія", &of(GROUP));
    record.text("Опис", &html::plain(&of(DESCRIPTION)));
    record.text("Фото URL", of(PHOTO).split(',').next().unwrap_or_default());
    record.text("Країна", &of(COUNTRY));
    for (name, unit, value) in triples {
        let text = |at: u32| row.get(at).map(Value::text).unwrap_or_default();
        let (name, value, unit) = (text(*name), text(*value), unit.map(text).unwrap_or_default());
        if !value.is_empty() {
            record.text(&name, format!("{} {unit}", value.replace('|', "; ")).trim());
        }
    }
    record
}

/// The quantity, or what the sign means: `+` and `!` are in stock, `-` is not, a number is the days of delivery.
fn stock(count: &str, state: &str) -> String {
    let days = !state.is_empty() && state.chars().all(|c| c.is_ascii_digit());
    match state {
        "-" => "немає".to_owned(),
        _ if !count.is_empty() => count.to_owned(),
        "+" | "!" => "є".to_owned(),
        "&" | "@" => "під замовлення".to_owned(),
        _ if days => "під замовлення".to_owned(),
        other => other.to_owned(),
    }
}
