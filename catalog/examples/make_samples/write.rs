//! Builds the two sample workbooks as bytes.
//!
//! The output is determined by the tables in [`super::goods`] alone: no files, no clock.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::{
    goods::{Family, families},
    pictures::picture_of,
};

/// A row of a sample price list.
struct Item {
    name: (String, String),
    text: (String, String),
    article: String,
    price: f64,
    stock: u32,
    brand: &'static str,
    family: &'static Family,
}

/// The tidy price list: one sheet, one header row, every column.
pub fn samples() -> Result<Vec<u8>, XlsxError> {
    let mut workbook = workbook("Tolmach sample price list")?;
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet().set_name("Прайс")?;
    let headings = [
        ("Наименование", 58.0),
        ("Name", 58.0),
        ("Артикул", 12.0),
        ("Цена, руб.", 12.0),
        ("Остаток", 9.0),
        ("Ед. изм.", 9.0),
        ("Бренд", 12.0),
        ("Категория", 30.0),
        ("Category", 30.0),
        ("Описание", 60.0),
        ("Description", 60.0),
        ("Фото (URL)", 40.0),
    ];
    for (column, (heading, width)) in (0_u16..).zip(headings) {
        sheet.write_string_with_format(0, column, heading, &bold)?;
        sheet.set_column_width(column, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (row, item) in (1_u32..).zip(items()) {
        let texts = [
            (0, item.name.0.as_str()),
            (1, &item.name.1),
            (2, &item.article),
            (5, item.family.unit),
            (6, item.brand),
            (7, item.family.category.0),
            (8, item.family.category.1),
            (9, &item.text.0),
            (10, &item.text.1),
        ];
        for (column, text) in texts {
            sheet.write_string(row, column, text)?;
        }
        sheet.write_number(row, 3, item.price)?;
        sheet.write_number(row, 4, item.stock)?;
        // As plain text, because some programs store links separately from the cell. The last part names the picture that
        // lies beside the list.
        let picture = picture_of(item.family);
        sheet.write_string(row, 11, format!("https://example.com/photos/{picture}.png"))?;
    }
    workbook.save_to_buffer()
}

/// A price list as many suppliers send it: letterhead, header of two rows, sections between the items, prices as text.
pub fn messy() -> Result<Vec<u8>, XlsxError> {
    let mut workbook = workbook("Tolmach messy sample price list")?;
    let bold = Format::new().set_bold();
    let centre = Format::new().set_bold().set_align(FormatAlign::Center).set_text_wrap();
    let sheet = workbook.add_worksheet().set_name("Прайс-лист оптовый")?;
    sheet.set_column_width(1, 14)?.set_column_width(2, 60)?;
    sheet.merge_range(0, 0, 0, 6, "Оптовый склад «Образец»", &centre)?;
    sheet.merge_range(
        1,
        0,
        1,
        6,
        "Инструмент и оборудование для работы. Цены действительны до конца месяца.",
        &centre,
    )?;
    sheet.write_string(3, 0, "Прайс-лист от 15.01.2026")?;
    sheet.write_string(4, 0, "Тел.: +7 000 000-00-00")?;
    for (column, heading) in [(0, "№ п/п"), (1, "Артикул"), (2, "Наименование товара"), (6, "Ед. изм.")]
    {
        sheet.merge_range(6, column, 7, column, heading, &centre)?;
    }
    sheet.merge_range(6, 3, 6, 4, "Цена, руб.", &centre)?;
    sheet.write_string_with_format(7, 3, "розница", &centre)?;
    sheet.write_string_with_format(7, 4, "опт", &centre)?;
    sheet.merge_range(6, 5, 7, 5, "Остаток", &centre)?;
    let mut row = 8;
    let mut section = "";
    let mut number = 0_u32;
    let mut first_of_section: Option<(String, String)> = None;
    // Every eleventh item of the tidy list, with article numbers of its own.
    for item in items().into_iter().step_by(11) {
        if item.family.category.0 != section {
            if number > 0 {
                sheet.merge_range(row, 0, row, 2, "Итого по разделу", &bold)?;
                row += 2;
            }
            section = item.family.category.0;
            first_of_section = None;
            sheet.merge_range(row, 0, row, 6, section, &bold)?;
            row += 1;
        }
        number += 1;
        let article = format!("{:06}", 40_000 + number * 17);
        write_messy(sheet, row, number, &article, &item)?;
        row += 1;
        // Repeats the section's first article number now and then, to imitate a list with duplicates.
        if first_of_section.is_none() {
            first_of_section = Some((article.clone(), item.name.0.clone()));
        } else if number.is_multiple_of(40)
            && let Some((article, _)) = &first_of_section
        {
            number += 1;
            write_messy(sheet, row, number, article, &item)?;
            row += 1;
        }
    }
    sheet.merge_range(row, 0, row, 2, "ИТОГО", &bold)?;
    sheet.write_number(row, 3, number)?;
    let notes = workbook.add_worksheet().set_name("Условия")?;
    notes.write_string(0, 0, "Отгрузка со склада по предоплате.")?;
    notes.write_string(1, 0, "Доставка по городу от 30 000 руб. бесплатно.")?;
    workbook.save_to_buffer()
}

fn write_messy(
    sheet: &mut Worksheet,
    row: u32,
    number: u32,
    article: &str,
    item: &Item,
) -> Result<(), XlsxError> {
    sheet.write_number(row, 0, number)?;
    sheet.write_string(row, 1, article)?;
    sheet.write_string(row, 2, format!("  {} ", item.name.0))?;
    match number % 9 {
        0 => sheet.write_string(row, 3, "по запросу")?,
        1..=3 => sheet.write_number(row, 3, item.price)?,
        _ => sheet.write_string(row, 3, format!("{},50 руб.", grouped(item.price)))?,
    };
    if !number.is_multiple_of(9) {
        sheet.write_string(row, 4, grouped((item.price * 0.9).round()))?;
    }
    match number % 6 {
        0 => sheet.write_string(row, 5, "есть")?,
        1 => sheet.write_string(row, 5, ">10")?,
        2 => sheet.write_string(row, 5, "под заказ")?,
        3 => sheet.write_string(row, 5, format!("{} {}", item.stock, item.family.unit))?,
        _ => sheet.write_number(row, 5, item.stock)?,
    };
    sheet.write_string(row, 6, item.family.unit)?;
    Ok(())
}

/// Formats a price with no-break spaces between thousands, as accounting programs do.
fn grouped(price: f64) -> String {
    let digits = format!("{price:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A workbook with a fixed creation date, so that the output does not depend on the time of the run.
fn workbook(title: &str) -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2026, 1, 15)?;
    workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&created));
    Ok(workbook)
}

fn items() -> Vec<Item> {
    let mut items = Vec::new();
    for (place, family) in (0_u32..).zip(families()) {
        let mut number = 0_u32;
        for (model_ru, model_en, price) in family.models {
            for (option_ru, option_en, share) in family.options {
                for (brand, factor) in family.brands {
                    number += 1;
                    let name = |pattern: &str, model: &str, option: &str| {
                        pattern
                            .replace("{brand}", brand)
                            .replace("{model}", model)
                            .replace("{option}", option)
                    };
                    let digits = 10_000 + place * 137 + number * 7;
                    items.push(Item {
                        name: (
                            name(family.name.0, model_ru, option_ru),
                            name(family.name.1, model_en, option_en),
                        ),
                        text: (
                            format!("{} Исполнение: {model_ru}.", family.text.0),
                            format!("{} Version: {model_en}.", family.text.1),
                        ),
                        article: article(family.prefix, digits),
                        price: round(price * share * factor),
                        stock: stock(place, number, *price),
                        brand,
                        family,
                    });
                }
            }
        }
    }
    items
}

/// Article numbers with a prefix that starts with 0 (hand tools) consist of digits only, with leading zeros.
fn article(prefix: &str, digits: u32) -> String {
    if prefix.starts_with('0') { format!("{prefix}{digits}") } else { format!("{prefix}-{digits}") }
}

/// Rounds to 5 below 1,000 and to 10 from there on.
fn round(price: f64) -> f64 {
    let step = if price < 1000.0 { 5.0 } else { 10.0 };
    (price / step).round() * step
}

/// A pseudo-random but reproducible stock: some products are out of stock, cheap ones have large stocks.
fn stock(family: u32, number: u32, price: f64) -> u32 {
    let mixed = (family * 7919 + number * 104_729) % 97;
    if mixed.is_multiple_of(7) {
        return 0;
    }
    let pile = if price < 500.0 {
        12
    } else if price < 5000.0 {
        2
    } else {
        1
    };
    1 + mixed % 24 * pile
}
