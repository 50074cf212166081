//! Which headings are prices, and of which kind.
//!
//! Tables of words in Russian, Ukrainian, Kazakh, English, German and Polish, without diacritics (see `heading`).

use std::{collections::HashSet, sync::LazyLock};

use super::heading::{Heading, Phrases, is_currency_sign};
use crate::import::currency;

/// Kinds of prices, in the order in which one is preferred to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::import) enum PriceKind {
    /// For the end client: retail, recommended.
    Retail,
    /// The price without more words, or the list price before a discount.
    List,
    /// After a discount, of a promotion, or of a whole pack.
    Promotion,
    /// For larger quantities, or no longer valid.
    Wholesale,
    /// What the shop pays itself, or what its dealers do: never for clients.
    Internal,
}

impl PriceKind {
    /// The rank of a heading of this kind, 0 being the best.
    pub fn rank(self) -> u8 {
        match self {
            PriceKind::Retail => 0,
            PriceKind::List => 1,
            PriceKind::Promotion => 2,
            PriceKind::Wholesale => 3,
            PriceKind::Internal => 4,
        }
    }
}

/// The kind of price that a heading names; `None` if it is not a price.
pub(super) fn kind(text: &str, heading: &Heading) -> Option<PriceKind> {
    if heading.has(&NO_PRICE) || is_discount(heading) {
        return None;
    }
    let noun = heading.has(&NOUNS) || heading.has(&BEFORE) || heading.has(&AFTER);
    if !noun && !only_kinds(heading) && !only_money(text, heading) {
        return None;
    }
    Some(if heading.has(&RECOMMENDED) {
        PriceKind::Retail
    } else if heading.has(&INTERNAL) {
        PriceKind::Internal
    } else if heading.has(&WHOLESALE) {
        PriceKind::Wholesale
    } else if heading.has(&BEFORE) {
        PriceKind::List
    } else if heading.has(&AFTER) || heading.has(&PROMOTION) || heading.has(&PER_PACK) {
        PriceKind::Promotion
    } else if heading.has(&RETAIL) {
        PriceKind::Retail
    } else {
        PriceKind::List
    })
}

/// A percentage or a sum that is taken off: «Скидка, %», "Discount off list price". «Цена со скидкой» is a price.
pub(super) fn is_discount(heading: &Heading) -> bool {
    if !heading.has(&DISCOUNT) {
        return false;
    }
    let begins = DISCOUNT.has_word(heading.first());
    let next_is_price = heading.words.get(1).is_some_and(|word| NOUNS.has_word(word));
    let share = heading.has(&PERCENT) && !heading.words.iter().any(|word| word.parse::<u32>().is_ok());
    let price = heading.has(&NOUNS) || heading.has(&BEFORE) || heading.has(&AFTER);
    begins && !next_is_price || share || !price
}

/// Headings of one or two words such as «Розничная» or "Dealer", under a common heading or alone.
fn only_kinds(heading: &Heading) -> bool {
    let kind = |word: &str| KIND_WORDS.contains(word) || KINDS.iter().any(|table| has_end(table, word));
    let money = |word: &str| {
        MONEY_WORDS.has_word(word) || word.parse::<f64>().is_ok() || currency::named(word).is_some()
    };
    heading.has(&ALONE_OK)
        && heading.words.iter().all(|word| kind(word) || money(word))
        && heading.words.iter().any(|word| kind(word))
}

fn has_end(table: &Phrases, word: &str) -> bool {
    table.ends().iter().any(|end| word.ends_with(end))
}

/// All tables of kinds.
static KINDS: [&LazyLock<Phrases>; 6] = [&RECOMMENDED, &RETAIL, &PROMOTION, &WHOLESALE, &INTERNAL, &ALONE];
/// The single words of all tables of kinds.
static KIND_WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| KINDS.iter().flat_map(|table| table.words()).collect());

/// «€ без ПДВ», «руб. за шт.»: a currency and nothing else of meaning.
fn only_money(text: &str, heading: &Heading) -> bool {
    currency::named(text).is_some()
        && text.chars().count() <= 24
        && !text.chars().any(char::is_numeric)
        && heading.words.iter().all(|word| {
            word.chars().all(is_currency_sign)
                || MONEY_WORDS.has_word(word)
                || currency::named(word).is_some()
        })
}

/// Words that name a price whatever stands beside them.
static NOUNS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        // Russian
        "цена, цены, цену, цене, ценой, стоимость, стоимости, прайс, тариф, расценка, ррц, мрц, рц",
        "спеццена, себестоимость, рекомендованная цена, розн цена, опт цена",
        // Ukrainian
        "ціна, ціни, ціну, ціною, вартість, собівартість, спецціна",
        // Kazakh
        "баға, бағасы, бағалары, құны",
        // English
        "price, prices, pricing, cost, costs, rrp, srp, msrp, mrp, rsp",
        // German
        "*preis, *preise, preis, preise, uvp, upe, selbstkosten, *kosten",
        // Polish
        "cena, ceny, cene, scd, rcp, koszt",
    ])
});

/// Kinds that no adjective of a dealer turns into a dealer's price.
static RECOMMENDED: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "ррц, rrp, srp, msrp, mrp, rsp, uvp, upe, scd, rcp, рекомендованная розничная",
        "рекомендуемая розничная, рекомендована роздрібна, recommended retail, suggested retail",
        "unverbindliche preisempfehlung",
    ])
});

/// For the end client.
static RETAIL: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        // Russian
        "розн, розница, розницы, розничная, розничной, розничные, розничный, в розницу, мрц",
        "рекомендованная, рекомендуемая, рекоменд, реализации, реализация, продажи, продажная",
        "для клиента, клиентская, на сайте, интернет, магазина",
        // Ukrainian
        "роздріб, роздрібна, роздрібні, в роздріб, рекомендована, рекомендовані, продажу, для клієнта",
        // Kazakh
        "бөлшек, бөлшектік, ұсынылған, сату, сатылым",
        // English
        "retail, recommended, suggested, selling, sell, sales price, consumer, end user, customer",
        // German
        "*verkaufspreis, *verkaufspreise, verkauf, vk, *endkundenpreis, *ladenpreis, empfohlener, empf",
        "endkunde, endkunden, *einzelhandelspreis",
        // Polish
        "detaliczna, detaliczny, detal, detalu, sugerowana, zalecana, sprzedazy, katalogowa detaliczna",
    ])
});

/// Before a discount: the list price.
static BEFORE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "без скидки, без скидок, до скидки, без учета скидки, без учета скидок, без знижки, до знижки",
        "без урахування знижки, жеңілдіксіз, before discount, without discount, excl discount, vor rabatt",
        "ohne rabatt, przed rabatem, bez rabatu",
    ])
});

/// After a discount.
static AFTER: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "со скидкой, с учетом скидки, с учетом скидок, после скидки, скидочная, зі знижкою",
        "з урахуванням знижки, після знижки, жеңілдікпен, after discount, with discount, incl discount",
        "discounted, nach rabatt, mit rabatt, abzuglich rabatt, po rabacie, z rabatem, po znizce",
    ])
});

/// Of a promotion.
static PROMOTION: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "акция, акции, акционная, акц, распродажа, распродажи, спец, спеццена, специальная, уценка, акція",
        "акції, акційна, розпродаж, спеціальна, спецціна, акциялық, арнайы, promo, promotion, promotional",
        "sale price, sale, special, offer, discount price, *aktionspreis, aktion, *angebotspreis, angebot",
        "*sonderpreis, *rabattpreis, promocyjna, promocja, promocji, specjalna, okazyjna",
    ])
});

/// Of more than one piece.
static PER_PACK: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "за упаковку, за упак, за уп, за коробку, за кор, за короб, за блок, за ящик, упаковки, за пачку",
        "за 100, за 1000, за тыс, за пакування, за упаковку, қаптама үшін, per pack, per box, per carton",
        "per case, pack, case, carton, pro packung, pro ve, za opakowanie, za karton",
    ])
});

/// For larger quantities, minimum and former prices.
static WHOLESALE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        // Russian
        "опт, опта, оптом, оптовая, оптовые, оптовый, оптовой, мелкий опт, крупный опт, мелкоопт",
        "мелкооптовая, крупнооптовая, старая, мин, минимальная",
        // Ukrainian
        "гурт, гуртом, гуртова, гуртові, оптова, оптові, дрібний гурт, великий гурт, стара, мінімальна",
        "мін",
        // Kazakh
        "көтерме, ескі",
        // English
        "wholesale, bulk, old, former, previous, compare at, compare, was, minimum, min",
        // German
        "*grosshandelspreis, *groshandelspreis, *staffelpreis, *mengenpreis, grosshandel, groshandel",
        "alter, alt, *altpreis, statt",
        // Polish
        "hurt, hurtowa, hurtowe, hurtowy, hurtem, stara, poprzednia, minimalna, najnizsza",
    ])
});

/// What a shop pays or grants its dealers.
static INTERNAL: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        // Russian
        "закупка, закупки, закуп, закупочная, закупочные, закупочной, дилер, дилера, дилеру, дилеры",
        "дилерам, дилерская, дилерские, дилерский, партнер, партнера, партнерам, партнерская",
        "себестоимость, себестоимости, себест, входная, вход, входящая, ваша, дистрибьютор, дистрибьютора",
        "дистрибьюторская, поставщика, для дилеров, для партнеров, прихода, приход, приходная, агентская",
        "для посредников",
        // Ukrainian
        "закупівля, закупівлі, закупівельна, закупівельні, закупочна, дилерська, дилерські, партнерська",
        "партнера, собівартість, собівартості, вхідна, постачальника, дистриб'ютора, для дилерів",
        "для партнерів",
        // Kazakh
        "сатып алу, дилерлік, дилерге, дилер бағасы, серіктес, өзіндік құн, өзіндік құны, өзіндік",
        "жеткізуші",
        // English
        "purchase, purchasing, buying, buy, dealer, dealers, cost, costs, trade, reseller, partner",
        "partners, distributor, b2b, your, supplier, landed, cogs, inbound, agent",
        // German
        "*einkaufspreis, *einkaufspreise, einkauf, einkaufs, ek, hek, *handlerpreis, *haendlerpreis",
        "*handlerpreise, handler, haendler, *handler, *wiederverkauferpreis, wiederverkaufer",
        "selbstkosten, *selbstkostenpreis, *gestehungspreis, *kosten, *partnerpreis, *bezugspreis",
        "*lieferantenpreis, ihr, lieferant",
        // Polish
        "zakupu, zakup, zakupowa, dealerska, dealer, dla dealera, partnerska, koszt, kosztu, wlasny",
        "nabycia, twoja, dystrybutora, dostawcy, dla partnera",
    ])
});

/// Adjectives that are prices when the heading has nothing else: «Базовая», "Net", "Netto".
static ALONE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "базовая, базова, базисная, отпускная, прайсовая, list, net, gross, base, netto, brutto",
        "katalogowa, rate, негізгі, цено, kol, уровень, level, тип, колонка",
    ])
});

/// One of these words makes a heading of kinds alone a price; «Мин», "Old", "Customer", "Sale" alone say too little.
static ALONE_OK: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "розн, розница, розничная, розничные, опт, оптом, оптовая, оптовые, закупка, закуп, закупочная",
        "закупочные, дилер, дилерская, дилерские, партнерская, базовая, рекомендованная, отпускная",
        "акционная, мелкий опт, крупный опт, себест, роздріб, роздрібна, гурт, гуртова, оптова",
        "закупівельна, дилерська, партнерська, базова, акційна, собівартість, бөлшек, көтерме, дилерлік",
        "retail, wholesale, dealer, rate, net, gross, vk, ek, hek, netto, brutto, handler, grosshandel",
        "detal, detaliczna, hurt, hurtowa, zakupu, katalogowa, dealerska, promocyjna",
    ])
});

/// Words beside a price that say nothing about its kind: taxes, units, prepositions.
static MONEY_WORDS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "с, без, в, за, и, вкл, включая, ндс, шт, штуку, ед, пдв, з, од, ққс, incl, excl, inc, ex, vat",
        "tax, with, without, per, unit, pc, pcs, piece, each, ea, in, mwst, ust, inkl, exkl, zzgl, ohne",
        "mit, pro, je, stuck, stk, vpe, za, szt, z, bez, pln, бел, росс, у, е, уе, м, м2, кг, м3, бір",
        "дана, үшін, руб, рубли, рублях",
    ])
});

/// Discounts as nouns.
static DISCOUNT: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "скидка, скидки, скидку, скидкой, скидок, ск, дисконт, знижка, знижки, знижкою, знижок, жеңілдік",
        "жеңілдігі, discount, discounts, disc, rebate, rabatt, rabatte, *rabatt, nachlass, nachlas, rabat",
        "rabatu, rabaty, upust, upustu",
    ])
});

/// Shares.
static PERCENT: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "%, процент, проценты, проц, размер, відсоток, відсотки, розмір, пайыз, percent, percentage, pct",
        "rate, amount, prozent, hohe, procent, wysokosc, wartosc",
    ])
});

/// Headings with the word for a price that are none.
static NO_PRICE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "группа цен, ценовая группа, тип цены, тип цен, вид цены, вид цен, дата цены, срок действия",
        "действительна до, изменение цены, общая стоимость, итоговая стоимость, стоимость доставки",
        "цена доставки, единица цены, позиция прайса, позиция в прайсе, страница прайса, сумма",
        "категория цен, ценовая категория, стоимость заказа, из прайса, по прайсу, цінова група, тип ціни",
        "дата ціни, вартість доставки, загальна вартість, позиція прайсу, жалпы құны, жеткізу құны",
        "price group, price type, price date, price list no, total price, total cost, extended price",
        "price change, delivery cost, delivery price, shipping cost, shipping price, price valid",
        "price unit, price category, line price, price code, price break, price level, *preisgruppe",
        "*preiseinheit, preis einheit, *preisliste, *gesamtpreis, *versandkosten, *lieferkosten",
        "preis gultig, *preisanderung, grupa cenowa, cena razem, cennik, koszt dostawy, koszt wysylki",
        "data ceny",
    ])
});
