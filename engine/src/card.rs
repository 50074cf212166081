//! A catalogue row as the client sees it.

use crate::{
    catalog::Product,
    effect::Card,
    language::Language,
    phrases,
    text::{money, shorten},
};

/// The card of a product in the client's language. The description is cut to 300 characters.
pub fn card(product: &Product, language: Language) -> Card {
    let price = product.price.map(|price| money(price, &product.currency));
    let stock = match product.stock {
        Some(count) if count > 0.0 => {
            format!(
                "{}: {} {}",
                phrases::IN_STOCK.get(language),
                number(count),
                unit(&product.unit, language)
            )
        }
        Some(_) => phrases::OUT_OF_STOCK.get(language).to_owned(),
        None => String::new(),
    };
    Card {
        id: product.id.clone(),
        name: product.name.get(language).to_owned(),
        article: product.article.clone(),
        brand: product.brand.clone(),
        price: price.unwrap_or_else(|| phrases::ON_REQUEST.get(language).to_owned()),
        stock: stock.trim_end().to_owned(),
        description: shorten(product.description.get(language), 300),
        photo: product.photo.clone(),
    }
}

/// A unit of sale in the client's language, where the price list writes a common one in the other.
pub(crate) fn unit(written: &str, language: Language) -> &str {
    const UNITS: [(&str, &str); 6] =
        [("шт", "pcs"), ("компл", "sets"), ("пара", "pairs"), ("м", "m"), ("кг", "kg"), ("л", "l")];
    let plain = written.trim_end_matches('.').to_lowercase();
    let known = UNITS.iter().find(|(ru, en)| *ru == plain || *en == plain);
    known.map_or(written, |(ru, en)| match language {
        Language::Ru => ru,
        Language::En => en,
    })
}

fn number(count: f64) -> String {
    money(count, "")
}
