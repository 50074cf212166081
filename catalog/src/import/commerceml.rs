//! Reads CommerceML 2, the exchange format of 1C: goods, offers, or both in one file.
//!
//! Reference: <https://v8.1c.ru/tekhnologii/obmen-dannymi-i-integratsiya/standarty-i-formaty/standarty-commerceml/>.

use std::collections::{HashMap, HashSet};

use super::{
    Error, currency, html,
    table::{Record, Table},
    workbook::{Style, Workbook},
    xml::{self, Node},
    yml::first,
};

const ARTICLE: &str = "Артикул";
const NAME: &str = "Наименование";
const UNIT: &str = "Ед. изм.";
const STOCK: &str = "Остаток";
const BRAND: &str = "Производитель";
const CATEGORY: &str = "Категория";
const DESCRIPTION: &str = "Описание";
const PHOTO: &str = "Фото URL";
const HEADINGS: &[&str] = &[ARTICLE, NAME, UNIT, STOCK, BRAND, CATEGORY, DESCRIPTION, PHOTO];

/// Reads the offers with what their goods say, and the goods without an offer.
pub(super) fn read(text: &str, file: &str) -> Result<Workbook, Error> {
    let mut found = Found::default();
    let wanted = ["Группа", "Свойство", "Товар", "ТипЦены", "Предложение"];
    xml::records(text, file, &wanted, |node| found.take(&node))?;
    let mut table = Table::new(HEADINGS);
    let mut number = 1_u32;
    let mut offered: HashSet<&str> = HashSet::new();
    for (id, offer) in &found.offers {
        number = number.saturating_add(1);
        // A variant of a good is `good#variant`.
        let good = id.split('#').next().unwrap_or(id);
        offered.insert(good);
        let mut record = offer.clone();
        match found.goods.get(good) {
            Some((_, true)) => {
                table.leave_out(DELETED, number);
                continue;
            }
            Some((good, false)) => record.inherit(good),
            None => {}
        }
        table.add(number, record);
    }
    for id in &found.order {
        let Some((record, deleted)) = found.goods.get(id).filter(|_| !offered.contains(id.as_str())) else {
            continue;
        };
        number = number.saturating_add(1);
        if *deleted {
            table.leave_out(DELETED, number);
        } else {
            table.add(number, record.clone());
        }
    }
    Ok(Workbook {
        sheets: vec![table.finish("КоммерческаяИнформация".into())], ..Workbook::default()
    })
}

const DELETED: &str = "marked as deleted";

#[derive(Default)]
struct Found {
    /// Names of groups, properties and values of properties by their ids.
    groups: HashMap<String, String>,
    properties: HashMap<String, String>,
    values: HashMap<String, String>,
    /// Heading and currency of types of prices by their ids.
    prices: HashMap<String, (String, String)>,
    /// Goods with whether they are marked as deleted, and their ids in order.
    goods: HashMap<String, (Record, bool)>,
    order: Vec<String>,
    offers: Vec<(String, Record)>,
}

impl Found {
    fn take(&mut self, node: &Node) {
        let id = node.text_of("Ид").to_owned();
        let name = node.text_of("Наименование");
        match node.name.as_str() {
            "Группа" => self.group(node),
            "Свойство" => {
                self.properties.insert(id, name.to_owned());
                for value in node.all("ВариантыЗначений").flat_map(|values| &values.children)
                {
                    let text = value.text_of("Значение").to_owned();
                    self.values.insert(value.text_of("ИдЗначения").to_owned(), text);
                }
            }
            "ТипЦены" => {
                let named = name.to_lowercase().contains("цена");
                let heading = if named { name.to_owned() } else { format!("Цена {name}") };
                self.prices.insert(id, (heading, node.text_of("Валюта").to_owned()));
            }
            "Товар" => self.good(node),
            "Предложение" => {
                let offer = self.offer(node);
                self.offers.push((id, offer));
            }
            _ => {}
        }
    }

    fn group(&mut self, node: &Node) {
        self.groups.insert(node.text_of("Ид").to_owned(), node.text_of("Наименование").to_owned());
        for group in node.all("Группы").flat_map(|groups| groups.all("Группа")) {
            self.group(group);
        }
    }

    fn good(&mut self, node: &Node) {
        let mut record = common(node);
        let group = node.child("Группы").map_or("", |groups| groups.text_of("Ид"));
        record.text(CATEGORY, self.groups.get(group).map_or("", String::as_str));
        record.text(DESCRIPTION, &html::plain(node.text_of("Описание")));
        let maker = node.child("Изготовитель").map_or("", |maker| maker.text_of("Наименование"));
        record.text(BRAND, first(&[maker, node.text_of("Производитель")]));
        record.text(PHOTO, node.text_of("Картинка"));
        for value in node.all("ЗначенияСвойств").flat_map(|values| values.all("ЗначенияСвойства"))
        {
            let name = self.properties.get(value.text_of("Ид")).map_or("", String::as_str);
            let text = value.text_of("Значение");
            record.text(name, self.values.get(text).map_or(text, String::as_str));
        }
        let deleted = node.attribute("Статус") == "Удален" || node.text_of("ПометкаУдаления") == "true";
        let id = node.text_of("Ид").to_owned();
        if self.goods.insert(id.clone(), (record, deleted)).is_none() {
            self.order.push(id);
        }
    }

    fn offer(&self, node: &Node) -> Record {
        let mut record = common(node);
        for price in node.all("Цены").flat_map(|prices| prices.all("Цена")) {
            let (heading, of_type) = match self.prices.get(price.text_of("ИдТипаЦены")) {
                Some((heading, currency)) => (heading.as_str(), currency.as_str()),
                None => ("Цена", ""),
            };
            let code = [price.text_of("Валюта"), of_type].into_iter().find_map(currency::named);
            let style = code.map(|code| Style { currency: Some(code), decimals: None });
            record.number(heading, price.text_of("ЦенаЗаЕдиницу"), style);
        }
        record.text(STOCK, &stock(node));
        let features = node.all("ХарактеристикиТовара").flat_map(|all| all.all("ХарактеристикаТовара"));
        for feature in features {
            record.text(feature.text_of("Наименование"), feature.text_of("Значение"));
        }
        record
    }
}

/// What goods and offers both state.
fn common(node: &Node) -> Record {
    let mut record = Record::default();
    let requisite = |name: &str| {
        let all = node.all("ЗначенияРеквизитов").flat_map(|all| all.all("ЗначениеРеквизита"));
        let mut named = all.filter(|one| one.text_of("Наименование") == name);
        named.next().map_or("", |one| one.text_of("Значение"))
    };
    record.text(ARTICLE, first(&[node.text_of("Артикул"), requisite("Код"), node.text_of("Код")]));
    record.text(NAME, first(&[node.text_of("Наименование"), requisite("Полное наименование")]));
    let unit = node.child("БазоваяЕдиница");
    record
        .text(UNIT, unit.map_or("", |unit| first(&[unit.text.trim(), unit.attribute("НаименованиеПолное")])));
    record.text("Штрихкод", node.text_of("Штрихкод"));
    record
}

/// The quantity of an offer, or the sum over its warehouses; empty if none is given.
fn stock(node: &Node) -> String {
    let count = node.text_of("Количество");
    if count.parse::<f64>().is_ok() {
        return count.to_owned();
    }
    let by_attribute = node.all("Склад").map(|store| store.attribute("КоличествоНаСкладе"));
    let rests = node.all("Остатки").flat_map(|rests| rests.all("Остаток"));
    let by_element =
        rests.flat_map(|rest| rest.all("Склад").chain([rest])).map(|store| store.text_of("Количество"));
    let counts: Vec<f64> = by_attribute.chain(by_element).filter_map(|count| count.parse().ok()).collect();
    if counts.is_empty() { String::new() } else { counts.iter().sum::<f64>().to_string() }
}
