//! What headings other than prices mean: tables of phrases in Russian, Ukrainian, Kazakh, English, German and Polish.
//!
//! The first rule that a heading meets decides, so what shares a word with a field but means something else stands
//! first. Words are written as `heading` folds them: lower case, without diacritics.

use super::{HeadingMeaning, heading::Rule};
use crate::import::columns::Column;

type Fields = &'static [Rule<HeadingMeaning>];

const fn field(column: Column, rank: u8) -> HeadingMeaning {
    HeadingMeaning::Field(column, rank)
}

/// Tested before prices.
pub(super) const BEFORE_PRICES: Fields = &[
    // Row numbers, which may be article numbers all the same: the values decide.
    Rule {
        means: HeadingMeaning::Number,
        is: &["№, #, n, no, nr, n°, nº, нөмірі, номер, number, num, nummer, numer"],
        has: &[],
        unless: &[],
    },
    Rule {
        means: HeadingMeaning::Nothing,
        is: &[
            "п п, № п п, n п п, no п п, nn, пп, № пп, npp, №№, № №, № стр, строка, № строки, пор номер",
            "порядковый номер, пор №, номер п п, п п №, № з п, з п, р с, № р с, р н, № р н, реттік нөмірі",
            "line, line no, line number, row, row no, s no, sl no, sr no, serial no, pos, pos nr, position",
            "lfd nr, lfdnr, laufende nummer, lp, l p, poz, pozycja",
        ],
        has: &[],
        unless: &[],
    },
    // «Код для заказа» and "Order No." are article numbers; other columns with these words are for the client's order.
    Rule {
        means: field(Column::Article, 1),
        is: &["order number, order no, order #"],
        has: &[
            "код заказа, код для заказа, номер заказа, номер для заказа, № заказа, № для заказа",
            "артикул для заказа, артикул заказа, заказной номер, заказной код, заказной артикул, кодзаказа",
            "код замовлення, код для замовлення, номер замовлення, номер для замовлення, № замовлення",
            "№ для замовлення, артикул для замовлення, тапсырыс коды, тапсырыс нөмірі, order code, order no",
            "order number, order nr, order ref, ordering code, ordering no, ordering number, *bestellnummer",
            "*bestellnr, bestell nr, bestell no, bestell nummer, *bestellcode, numer zamowienia",
            "nr zamowienia, kod zamowienia, nr zamowieniowy, numer zamowieniowy, kod do zamowienia",
        ],
        unless: &[],
    },
    // Smallest quantities, packs and delivery times describe the offer.
    Rule {
        means: HeadingMeaning::Other,
        is: &[
            "moq, кратность, кратність, упаковка, упак, уп, фасовка, пакування, pack, packing, package",
            "packaging, ve, vpe, opakowanie, қаптама, мин, партия, норма",
        ],
        has: &[
            "мин заказ, минимальный заказ, мин партия, минимальная партия, мин кол во, минимальное количество",
            "min заказ, кратность отгрузки, кратность заказа, кол во в упаковке, количество в упаковке",
            "кол во в уп, шт в упаковке, шт в уп, в упаковке, в упак, в уп, в коробке, в кор, в ящике",
            "норма упаковки, вид упаковки, тип упаковки, размер упаковки, объем упаковки, вес упаковки",
            "упаковка шт, упаковок, короб, транспортная упаковка, срок поставки, срок доставки",
            "срок изготовления, сроки поставки, сроки, срок отгрузки, время доставки, мінімальне замовлення",
            "мін замовлення, мін партія, кількість в упаковці, в упаковці, в ящику, термін постачання",
            "термін доставки, строк поставки, ең аз тапсырыс, қаптамада, қаптамадағы саны, жеткізу мерзімі",
            "min order, minimum order, min qty, minimum quantity, minimum qty, order multiple, pack size",
            "pack qty, pack quantity, case qty, carton qty, qty per pack, qty per box, pcs per box, per box",
            "per carton, inner pack, outer pack, pcs pack, lead time, delivery time, *mindestbestellmenge",
            "*mindestmenge, mindest, *verpackungseinheit, verpackung, *verpackung, *packungsinhalt",
            "*lieferzeit, *lieferfrist, min zamowienie, minimalne zamowienie, minimum logistyczne",
            "ilosc w opakowaniu, szt w opakowaniu, w opakowaniu, w kartonie, czas dostawy, termin dostawy",
            "czas realizacji, ilosc w kartonie",
        ],
        unless: &["цена, ціна, стоимость, price, *preis, cena, остаток, залишок, наличии, код"],
    },
    // What the client or the dealer fills in, and sums.
    Rule {
        means: HeadingMeaning::Nothing,
        is: &[
            "итого, всего, разом, всього, барлығы, total, subtotal, gesamt, betrag, razem, wartosc, сома",
            "сомасы, menge, ilosc zamawiana",
        ],
        has: &[
            "заказ, заказа, заказать, заказы, к заказу, сумма, замовлення, замовити, сума, тапсырыс, order",
            "orders, order qty, amount, *bestellung, bestellen, *bestellmenge, *gesamtpreis, summe",
            "zamowienie, zamowienia, zamawiana, suma",
        ],
        unless: &["под заказ, цена, ціна, price, *preis, cena, on order, скидка, наличие, остаток, остатки"],
    },
    Rule {
        means: HeadingMeaning::Nothing,
        is: &["pg, маржа, margin, бонус, комиссия"],
        has: &[
            "наценка, наценки, маржа, бонус, бонусы, комиссия, группа скидок, скидочная группа, группа скидки",
            "ценовая группа, группа цен, тип цен, тип цены, ячейка, место хранения, место на складе",
            "рентабельность, націнка, група знижок, цінова група, комісія, үстеме, margin, markup, mark up",
            "commission, discount group, discount code, price group, price code, bin location",
            "storage location, *rabattgruppe, *preisgruppe, *spanne, *lagerplatz, *warengruppenrabatt",
            "*aufschlag, *marge, grupa rabatowa, grupa cenowa, marza, narzut, lokalizacja",
        ],
        unless: &[],
    },
    Rule {
        means: field(Column::Currency, 0),
        is: &["curr, ccy, cur, вал, iso"],
        has: &[
            "валюта, валюта цены, валютасы, currency, currencies, currency code, wahrung, wahrungscode",
            "*wahrung, waluta",
        ],
        unless: &["в валюте"],
    },
];

/// Tested after prices.
pub(super) const AFTER_PRICES: Fields = &[
    Rule {
        means: HeadingMeaning::Nothing,
        is: &["заказ шт"],
        has: &["price change, изменение цены, дата цены, ценовая категория"],
        unless: &[],
    },
    // Columns that share a word with a field but mean something else.
    Rule {
        means: HeadingMeaning::Other,
        is: &[
            "примечание, примечания, примітка, примітки, ескерту, note, notes, remarks, comment, comments",
            "bemerkung, bemerkungen, uwagi",
            "ean, ean13, ean 13, gtin, upc, isbn, вес, вага, салмағы, объем, обсяг, ндс, пдв, ққс, vat, mwst",
            "страна, країна",
        ],
        has: &[
            "штрихкод, штрихкоды, штрих код, штрих коды, штрихкода, штрих, шк, қр код, qr код, баркод",
            "штрихкоди, barcode, barcodes, bar code, ean, gtin, upc, isbn, *strichcode, kod kreskowy",
            "kody kreskowe, kod ean, *ean, страна, страны, страна производства, країна, країни",
            "країна виробник, ел, елі, өндіруші ел, country, origin, herkunft, *herkunftsland, *ursprungsland",
            "kraj, kraj pochodzenia, происхождения, гарантия, гарантии, гарантийный, гарантія",
            "гарантийный срок, кепілдік, warranty, guarantee, garantie, *garantie, gwarancja, вес, веса",
            "масса, вага, маса, салмағы, weight, gewicht, *gewicht, waga, masa, объем, об ем, обсяг, көлемі",
            "volume, volumen, objetosc, pojemnosc, тн вэд, тнвэд, уктзед, укт зед, hs code, tariff code",
            "customs code, *zolltarifnummer, zolltarif, kod cn, pkwiu, окпд, окпд2, ставка ндс, ндс %, % ндс",
            "ставка пдв, vat rate, vat %, tax rate, tax class, tax status, *steuersatz, mwst satz, stawka vat",
            "vat, сертификат, сертифікат, certificate, аналог, аналоги, аналога, замена, замены, заменитель",
            "кросс, кросс номер, кросс номера, кроссы, взаимозаменяемость, заміна, cross reference, cross ref",
            "replacement, replaces, ersetzt, *vergleichsnummer, zamiennik, zamienniki, серийный номер",
            "serial number, *seriennummer, дата, date, datum, data, год, рік, year, цвет, колір, түсі, color",
            "colour, farbe, kolor, размер, розмір, өлшемі, size, размеры, grose, *grose, rozmiar, материал",
            "матеріал, material, werkstoff",
        ],
        unless: &[
            "артикул, наименование, назва, название, атауы, name, title, sku, photo, фото, material no",
            "material number, material nr, material code, код материала, остаток, склад, количество",
            "наименование материала, дата остатка, description, бренд, image, категория, category",
        ],
    },
    // Reserved pieces are not for sale; pieces under way are not in stock.
    Rule {
        means: field(Column::Stock, 0),
        is: &[
            "доступно, в доступе, свободно, вільно, доступна, available, atp, verfugbar, dostepne, dostepny",
            "қолжетімді, бос, свободный, вільний",
        ],
        has: &[
            "свободный остаток, свободные остатки, своб остаток, остаток свободный, свободно, доступно",
            "доступный остаток, доступное количество, доступно к заказу, доступно для заказа, без резерва",
            "за вычетом резерва, минус резерв, без учета резерва, с учетом резерва, к продаже",
            "вільний залишок, вільні залишки, вільно, доступна кількість, залишок вільний, без резерву",
            "бос қалдық, қолжетімді, қолжетімді саны, free stock, available stock, available qty",
            "available quantity, qty available, quantity available, stock available, available, availability",
            "in stock, free qty, verfugbar, *verfugbar, verfugbarkeit, verfugbare, verfugbarer bestand",
            "freier bestand, verfuegbar, lieferbar, dostepne, dostepna ilosc, dostepnosc, stan dostepny",
            "wolny stan",
        ],
        unless: &["дата, date"],
    },
    Rule {
        means: HeadingMeaning::Nothing,
        is: &[],
        has: &[
            "резерв, резерва, резерве, зарезервировано, бронь, в брони, в резерві, зарезервовано, брондалған",
            "reserve, reserved, committed, allocated, reserviert, *reservierung, rezerwacja, zarezerwowane",
            "rezerwacje",
        ],
        unless: &[],
    },
    Rule {
        means: HeadingMeaning::Other,
        is: &["приход, поступление, unterwegs"],
        has: &[
            "в пути, ожидается, ожидаемое, ожидаемый, ожидаемая, ожидание, поступление, транзит, под заказ",
            "дата поступления, в дорозі, очікується, надходження, під замовлення, жолда, күтілуде, in transit",
            "incoming, on order, expected, eta, on the way, backorder, backorders, im zulauf, zulauf",
            "unterwegs, bestellt, w drodze, oczekiwane, w dostawie",
        ],
        unless: &[],
    },
    Rule {
        means: field(Column::Photo, 0),
        is: &[
            "url фото, фото url, image src, image url, image link, ссылка на фото, ссылка на изображение",
            "ссылка на картинку, посилання зображення, посилання на фото, ссылка изображения, photo url",
            "picture url, bild url, img url, images, zdjecie url, link do zdjecia",
        ],
        has: &["фото url, фото ссылка, url картинки, url изображения"],
        unless: &["alt, position"],
    },
    Rule {
        means: field(Column::Photo, 1),
        is: &[],
        has: &[
            "фото, фотография, фотографии, изображение, изображения, картинка, картинки, рисунок, эскиз",
            "зображення, світлина, світлини, малюнок, сурет, суреті, photo, photos, image, images, picture",
            "pictures, img, thumbnail, bild, bilder, foto, fotos, abbildung, *bild, zdjecie, zdjecia, obraz",
            "obrazek, grafika",
        ],
        unless: &["alt, position, alt text, наименование, название, фоторамка"],
    },
    // The supplier's own article number ranks above the manufacturer's.
    Rule {
        means: field(Column::Article, 1),
        is: &["mpn"],
        has: &[
            "артикул производителя, артикул производ, арт производителя, артикул завода, заводской артикул",
            "артикул изготовителя, артикул бренда, код производителя, артикул виробника, код виробника",
            "өндіруші артикулы, manufacturer sku, manufacturer part number, manufacturer part no, mfr part no",
            "mfr part number, mfg part no, mfr no, mfr part, mfr #, manufacturer code, manufacturer no",
            "manufacturer number, *herstellernummer, *herstellernr, hersteller nr, *herstellerartikelnummer",
            "hersteller artikelnummer, hersteller art nr, kod producenta, nr producenta, numer producenta",
            "indeks producenta, symbol producenta",
        ],
        unless: &["страна"],
    },
    Rule {
        means: field(Column::Article, 0),
        is: &["арт, article, article no, article number, product uid, art, art no, art nr"],
        has: &[
            "артикул, артикула, артикулы, арт №, арт номер, арт продавца, арт поставщика, арт товара, арт",
            "артикулу, артикули, артикулы товара, артикулдар, sku, skus, article no, article number",
            "article nr, art no, art #, art number, art №, *artikelnummer, *artikelnr, artikel nr, artikel no",
            "artikelnummer, art nr, *artnr, artikel nummer, artikelcode, indeks, indeks towaru, nr artykulu",
            "numer artykulu, nr indeksu, kod indeksu",
        ],
        unless: &["наименование, название, название артикула"],
    },
    Rule {
        means: field(Column::Article, 1),
        is: &[
            "part, part no, part #, ref, reference, oem, oe, pn, p n, style, model no, парт номер, партномер",
            "каталожный, индекс, оем, оригинал, symbol, sachnr, ид, item #, чертеж",
        ],
        has: &[
            // Russian
            "номер детали, № детали, код детали, номер запчасти, № запчасти, код запчасти, каталожный номер",
            "каталожный №, каталожный код, каталожные номера, кат номер, кат №, кат код, катал номер",
            "№ по каталогу, номер по каталогу, код по каталогу, по каталогу, № каталога, номер каталога",
            "каталог №, парт номер, партномер, парт №, оригинальный номер, ориг номер, оригинальные номера",
            "номер oem, oem номер, № oem, номер оем, оем номер, заводской номер, номер производителя",
            "№ производителя, номер чертежа, № чертежа, чертежный номер, номер изделия, № изделия",
            "номер товара, № товара, номер артикула, шифр изделия, номер позиции",
            // Ukrainian
            "номер деталі, № деталі, код деталі, номер запчастини, код запчастини, каталожний номер",
            "каталожний №, № за каталогом, номер за каталогом, за каталогом, оригінальний номер, номер товару",
            "номер виробу, номер виробника, номер креслення, каталоговий номер",
            // Kazakh
            "каталог нөмірі, каталогтағы нөмірі, бөлшек нөмірі, тауар нөмірі, өндіруші нөмірі",
            "қосалқы бөлшек нөмірі, түпнұсқа нөмір",
            // English
            "part no, part number, part num, part #, part nr, part code, partnumber, parts no, item no",
            "item number, item code, item id, item #, item nr, item ref, product code, product no",
            "product number, product id, product ref, product nr, product #, vendor code, vendor no",
            "vendor part, vendor sku, supplier code, supplier part, supplier ref, catalog no, catalogue no",
            "catalog number, catalogue number, catalog #, catalogue #, catalog code, cat no, cat number",
            "cat #, cat nr, ref no, ref #, ref nr, ref number, reference no, reference number, ref code",
            "stock code, stock no, stock number, article code, model number, model no, model #, model code",
            "oem no, oem number, oem #, oem code, oe number, oe no, oem part, original number, original no",
            "material no, material number, material code, mpn, p n, pn, internal code",
            // German
            "*teilenummer, *teilenr, teile nr, teil nr, teile nummer, *sachnummer, sach nr, *materialnummer",
            "material nr, *katalognummer, katalog nr, kat nr, *produktnummer, produkt nr, *produktcode",
            "*identnummer, ident nr, *originalnummer, *oenummer, oe nr, oem nr, *typnummer, typ nr",
            "*modellnummer, modell nr, *warennummer, waren nr, *ersatzteilnummer, *referenznummer",
            // Polish
            "nr kat, nr katalogowy, numer katalogowy, numer kat, kod katalogowy, nr czesci, numer czesci",
            "nr oe, nr oem, numer oe, numer oem, numer oryginalny, nr oryginalny, numer referencyjny, nr ref",
            "nr referencyjny, kod produktu, kod towaru, kod wyrobu, kod czesci, nr produktu, numer produktu",
            "nr towaru, symbol towaru, symbol produktu",
        ],
        unless: &["наименование, название, цвета, фото"],
    },
    Rule {
        means: field(Column::Article, 2),
        is: &[
            "номенклатурный номер, ном номер, ном №, номенкл номер, номенклатурный №, id, uid, uuid, guid",
            "ид товара, id товара, ид, код 1с, handle, номенклатурний номер, ід, ід товару",
            "номенклатуралық нөмір, тауар коды, коды, model id, id produktu, id towaru",
        ],
        has: &[
            "код, коды, кода, коди, шифр, id товара, ид товара, id товару, внутренний номер, ид номенклатуры",
            "номенклатурный номер, номенклатурный №, ном номер, ном №, номенклатурний номер",
            "номенклатуралық нөмір, code, codes, kod, *artikelcode, унікальний ідентифікатор",
            "уникальный идентификатор, идентификатор товара, ідентифікатор товару",
        ],
        unless: &[
            "наименование, название, назва, атауы, цвета, кольору, группы, групи, категории, категорії",
            "валюты, страны, країни, бренда, поставки, статуса, color code, colour code, postal code",
            "zip code, group code, category code, country code, tax code, status code, discount code",
            "kod pocztowy, региона, единицы, ед, ед изм, окей, qr, упаковки, склада, производства",
        ],
    },
    Rule {
        means: field(Column::Stock, 1),
        is: &[
            "склад, склада, складе, bestand, stan, stany, қойма, қоймада, қалдық, қалдығы, кол во, кол, к во",
            "к сть, кіл, саны, количество, кількість, qty, quantity, quantities, balance, on hand, qoh, soh",
            "stock, inventory, ilosc, anzahl, бар, бары, остатки, остаток, наличие, lager, magazyn, кол во шт",
            "складской остаток",
        ],
        has: &[
            "остаток, остатки, остатка, остатков, ост, наличие, наличии, наличия, на складе, на складах",
            "кол во на складе, складской остаток, складские остатки, залишок, залишки, залишку, наявність",
            "наявності, на складі, на складах, қалдық, қалдығы, қалдықтар, қоймада, қоймадағы, қоймада бар",
            "бар болуы, қолда бар, stock, stocks, stock qty, stock level, on hand, inventory, warehouse",
            "units in stock, availability, qty in stock, stock quantity, bestand, *bestand, *lagerbestand",
            "lager, auf lager, *lagermenge, vorrat, stan, stany, stan magazynowy, stan mag, stany magazynowe",
            "magazyn, na stanie, na magazynie, zapas, w magazynie",
        ],
        unless: &[
            "статус, min stock, pot, stock status, место, состояние, stan techniczny, стан товару",
            "stock keeping unit, наименование, название, код, track, tracker, policy, threshold, max stock",
            "backorders, manage",
        ],
    },
    Rule {
        means: field(Column::Stock, 1),
        is: &["stock status, статус наличия, статус остатка, stan towaru, состояние склада"],
        has: &["склад"],
        unless: &["наименование, название, адрес, код"],
    },
    Rule {
        means: field(Column::Stock, 1),
        is: &["в наявності, наявно"],
        has: &[
            "кол во, количество, количества, колич, кол, кількість, к сть, саны, qty, quantity, menge, *menge",
            "anzahl, ilosc, liczba, sztuk",
        ],
        unless: &[
            "минимальное, мин, min, мінімальна, max, насадок, скоростей, жил, полюсов, ступеней, зубьев",
            "предметов, ламп, секций, фаз, контактов, дверей, полок, камер, листов, страниц, per, слоев",
            "отверстий, лопастей, кнопок, портов, каналов, цилиндров, мест, знаков, of, оборотов, типоразмер",
        ],
    },
    Rule {
        means: field(Column::Unit, 0),
        is: &[
            "еи, изм, ед, од, одиниця, unit, units, uom, uo m, um, u m, me, j m, jm, jedn, jednostka, einheit",
            "единица, единицы, measure, өлшем бірлігі, бірлігі, бірлік, өлш бірл, e i, е и, ед хранения",
            "unit of sale",
        ],
        has: &[
            "ед изм, ед измерения, ед измер, единица измерения, единицы измерения, единица, ед хран, един изм",
            "баз ед, базовая единица, ед продажи, единица хранения, ед, од виміру, од вим, одиниця виміру",
            "одиниці виміру, одиниця вимірювання, од, одиниця, өлшем бірлігі, өлшем бірл, өлшем бір",
            "unit of measure, unit of measurement, units of measure, uom, sales unit, selling unit, base unit",
            "*mengeneinheit, *masseinheit, *maseinheit, jednostka miary, jedn miary",
            "j m, jm, jedn",
        ],
        unless: &[
            "количество, кол во, кількість, qty, quantity, наименование единицы, мощность, weight, id, price",
        ],
    },
    Rule {
        means: HeadingMeaning::Nothing,
        is: &[
            "поставщик, основной поставщик, контрагент, постачальник, жеткізуші, supplier, supplier name",
            "suppliers, vendor name, lieferant, lieferantenname, dostawca, наименование поставщика",
            "название поставщика, назва постачальника, имя поставщика, nazwa dostawcy, name des lieferanten",
        ],
        has: &[
            "поставщик, постачальник, контрагент, жеткізуші, lieferant, dostawca, supplier",
            "наименование поставщика, название поставщика, назва постачальника, nazwa dostawcy",
            "жеткізуші атауы",
        ],
        unless: &["товара, товару, номенклатура, номенклатуры, product, артикул"],
    },
    Rule {
        means: field(Column::Brand, 0),
        is: &["тм, фирма, завод"],
        has: &[
            "бренд, бренда, бренды, производитель, производителя, производителю, производ, произв",
            "изготовитель, изготовителя, завод изготовитель, торговая марка, фирма производитель",
            "фирма изготовитель, виробник, виробника, торгова марка, бренду, өндіруші, өндірушісі",
            "тауар белгісі, бренді, brand, brands, brand name, manufacturer, manufacturers, mfr, mfg",
            "manufactured by, make, marke, hersteller, herstellername, fabrikat, marka, producent, producenta",
            "firma",
        ],
        unless: &["страна, сайт, site, url, марка насоса, model"],
    },
    Rule {
        means: field(Column::Brand, 1),
        is: &["марка, vendor, maker, producer, make, марка авто"],
        has: &[],
        unless: &[],
    },
    Rule {
        means: field(Column::Category, 0),
        is: &["product category, kategorie, kategoria, rubrik"],
        has: &[
            "категория, категории, подкатегория, категорія, категорії, підкатегорія, санат, санаты",
            "категориясы, category, categories, subcategory, product type, kategorie, kategorien, *kategorie",
            "*warengruppe, kategoria, kategorie, podkategoria, наименование категории, рубрика",
        ],
        unless: &["сайт категории, google, yandex, url, id"],
    },
    Rule {
        means: field(Column::Category, 1),
        is: &[],
        has: &[
            "группа, группы, подгруппа, тов группа, товарная группа, раздел, раздела, вид номенклатуры",
            "вид товара, группа товаров, номенклатурная группа, товарное направление, група, групи, підгрупа",
            "розділ, вид товару, топтама, тауар тобы, бөлім, group, groups, subgroup, product group, section",
            "department, family, product family, product line, gruppe, *gruppe, *sortiment, sparte, grupa",
            "podgrupa, grupa towarowa, dzial, asortyment grupa",
        ],
        unless: &["группа крови, id, url, безопасности, допуска, риска"],
    },
    Rule {
        means: HeadingMeaning::Other,
        is: &["first name, last name, full name, user name, username, имя, фио, file name, filename"],
        has: &[
            "buyer, contact, client, customer, company, customer name, company name, покупатель, покупателя",
            "контакт, клиент, клиента, контактное лицо, менеджер, manager, kunde, kontakt, klient",
        ],
        unless: &["цена, код, артикул"],
    },
    Rule {
        means: field(Column::Name, 0),
        is: &["title, titel, nazwa, bezeichnung, име"],
        has: &[
            "наименование, наименования, наим, наимен, наименов, название, названия, номенклатура",
            "номенклатуры, полное наименование, имя товара, найменування, назва, назви, номенклатури, атауы",
            "тауар атауы, атау, тауардың атауы, номенклатурасы, name, names, title, product name, item name",
            "product title, article name, designation, bezeichnung, *bezeichnung, artikelbezeichnung, *name",
            "benennung, *titel, produktname, nazwa, nazwa towaru, nazwa produktu, nazwa artykulu, opis towaru",
        ],
        unless: &[
            "категории, категорії, группы, бренда, alt, seo, meta, option1 name, option2 name, option3 name",
            "option 1 name, file name, технической, технического, цвета, единицы",
        ],
    },
    Rule {
        means: field(Column::Description, 0),
        is: &["opis, beschreibung, текст, body html, body, аннотация"],
        has: &[
            "описание, описания, опис, сипаттама, сипаттамасы, description, descriptions, long description",
            "short description, beschreibung, *beschreibung, *langtext, opis, opis produktu, краткое описание",
            "полное описание",
        ],
        unless: &["seo, meta"],
    },
    Rule {
        means: field(Column::Description, 1),
        is: &["комментарий, коментар"],
        has: &[
            "характеристика, характеристики, характеристик, технические характеристики, комментарий",
            "комментарии, технічні характеристики, коментар, сипаттамалары, specification, specifications",
            "specs, details, features, technical data, technische daten, *merkmale, eigenschaften",
            "specyfikacja, parametry, dane techniczne, дополнительная информация",
        ],
        unless: &["название характеристики, назва характеристики, значение характеристики"],
    },
    Rule {
        means: field(Column::Name, 1),
        is: &[
            "product, products, item, items, goods, артикль, produkt, produkte, ware, waren, artikel, towar",
            "towary, artykul, тауар, тауарлар, препарат, деталь, запчасть, книга",
        ],
        has: &[
            "товар, товара, товары, товаров, продукция, продукции, продукт, продукты, ассортимент, позиция",
            "позиции, изделие, изделия, материалы, перечень, позиция прайса, товару, товари, продукція",
            "продукції, асортимент, позиція, позиції, виріб, вироби, вироба, тауар, тауарлар, өнім, өнімдер",
            "бұйым, goods, item description, produkt, artikel, artikeltext, towar, asortyment, wyrob",
        ],
        unless: &["id, url, сайт, количество, ссылка, статус, вид, тип"],
    },
    Rule {
        means: field(Column::Name, 2),
        is: &[
            "model, модель, тип, type, modell, typ, обозначение, позначення, белгіленуі, белгісі, үлгі",
            "үлгісі, марка насоса, модельный ряд, типоразмер, oznaczenie, kurzbezeichnung, модель товара",
        ],
        has: &["марка модель, модель изделия"],
        unless: &[],
    },
];

/// Headings of names that are article numbers beside a better name.
pub(super) const NAMES_OR_ARTICLES: &[&str] = &[
    "модель, model, modell, обозначение, позначення, белгіленуі, белгісі, үлгі, үлгісі, typ",
    "oznaczenie, kurzbezeichnung, модель товара, модель изделия, type, тип",
];

/// English, named in a heading.
pub(super) const ENGLISH: &[&str] =
    &["en, eng, english, англ, английский, английском, англійською, angielski, englisch, ағылшын"];
