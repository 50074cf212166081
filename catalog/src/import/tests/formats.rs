//! Lists in HTML and XML, and exports of shop programs.

use tolmach_engine::catalog::Product;

use super::{Files, item, refused};
use crate::import::{Imported, read};

fn imported(name: &str, text: &str) -> Imported {
    let files = Files::new();
    read(&files.bytes(name, text.as_bytes())).unwrap()
}

fn attribute<'p>(product: &'p Product, name: &str) -> Option<&'p str> {
    product
        .attributes
        .iter()
        .find(|attribute| attribute.name == name)
        .map(|attribute| attribute.value.as_str())
}

fn articles(imported: &Imported) -> Vec<&str> {
    imported.items.iter().map(|item| item.article.as_str()).collect()
}

#[test]
fn reads_an_html_table_with_the_name_of_a_workbook() {
    let page = "\n<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><head><meta charset=\"windows-1251\">\
        <style>td {mso-number-format:\\@;}</style></head><body><table><tr><td colspan=3>Прайс</td></tr></table>\
        <table border=1><tr><th>Артикул</th><th>Наименование</th><th>Цена, тг</th></tr>\
        <tr><td>0041</td><td>Петля&nbsp;накладная\nчёрная</td><td x:num=\"1250.5\">1 250,50</td></tr>\
        <tr><td>0042<td>Засов &quot;Вега&quot;<td>900</table></body></html>";
    let files = Files::new();
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(page);
    let imported = read(&files.bytes("export.xls", &bytes)).unwrap();
    assert_eq!(articles(&imported), ["0041", "0042"]);
    let hinge = item(&imported, 0);
    assert_eq!(hinge.name.ru, "Петля накладная чёрная");
    assert_eq!((hinge.price, hinge.currency.as_str()), (Some(1250.5), "KZT"));
    assert_eq!(item(&imported, 1).name.ru, "Засов \"Вега\"");
}

#[test]
fn reads_spreadsheetml() {
    let book = "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>\
        <Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\
        <Styles><Style ss:ID=\"s7\"><NumberFormat ss:Format=\"#,##0.00\\ [$zł-415]\"/></Style></Styles>\
        <Worksheet ss:Name=\"Cennik\"><Table><Row ss:Index=\"3\"><Cell><Data ss:Type=\"String\">Indeks</Data></Cell>\
        <Cell ss:Index=\"3\"><Data ss:Type=\"String\">Nazwa</Data></Cell><Cell><Data ss:Type=\"String\">Cena</Data></Cell></Row>\
        <Row><Cell><Data ss:Type=\"String\">KT-5</Data></Cell><Cell ss:Index=\"3\"><Data ss:Type=\"String\">Klamka &amp; zamek</Data></Cell>\
        <Cell ss:StyleID=\"s7\"><Data ss:Type=\"Number\">89.5</Data></Cell></Row></Table></Worksheet>\
        <Worksheet ss:Name=\"old\"><Table><Row><Cell><Data ss:Type=\"String\">x</Data></Cell></Row></Table>\
        <WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet></Workbook>";
    let imported = imported("cennik.xls", book);
    let handle = item(&imported, 0);
    assert_eq!((handle.article.as_str(), handle.name.en.as_str()), ("KT-5", "Klamka & zamek"));
    assert_eq!((handle.price, handle.currency.as_str()), (Some(89.5), "PLN"));
    assert_eq!(imported.report.sheets[1].ignored.as_deref(), Some("the sheet is hidden"));
}

#[test]
fn reads_yml_catalogues() {
    let yml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!DOCTYPE yml_catalog SYSTEM \"shops.dtd\">\
        <yml_catalog date=\"2026-01-10\"><shop><name>Лавка</name><categories><category id=\"1\">Свет</category>\
        <category id=\"5\" parentId=\"1\">Лампы</category></categories><offers>\
        <offer id=\"71\" available=\"true\"><name>Лампа Ордо 12 Вт</name><vendorCode>ORD-12</vendorCode><vendor>Ордо</vendor>\
        <price>349.90</price><oldprice>400</oldprice><purchase_price>120</purchase_price><currencyId>RUR</currencyId>\
        <categoryId>5</categoryId><picture>https://shop.example/1.jpg</picture><picture>https://shop.example/2.jpg</picture>\
        <description><![CDATA[<p>Ярко &mdash; и <b>тихо</b></p>]]></description>\
        <param name=\"Мощность\" unit=\"Вт\">12</param><param name=\"Цоколь\">E27</param></offer>\
        <offer id=\"72\" type=\"vendor.model\" available=\"false\"><typePrefix>Светильник</typePrefix><vendor>Ордо</vendor>\
        <model>Мини</model><price>1200</price><currencyId>BYN</currencyId><categoryId>1</categoryId></offer>\
        </offers></shop></yml_catalog>";
    let imported = imported("feed.xml", yml);
    let lamp = item(&imported, 0);
    assert_eq!((lamp.article.as_str(), lamp.price, lamp.currency.as_str()), ("ORD-12", Some(349.9), "RUB"));
    assert_eq!((lamp.category.ru.as_str(), lamp.brand.as_str(), lamp.stock), ("Лампы", "Ордо", Some(1.0)));
    assert_eq!(lamp.description.ru, "Ярко — и тихо");
    assert_eq!(lamp.photo.as_deref(), Some("https://shop.example/1.jpg"));
    assert_eq!((attribute(lamp, "Мощность, Вт"), attribute(lamp, "Цоколь")), (Some("12"), Some("E27")));
    assert!(
        !lamp.attributes.iter().any(|attribute| attribute.value == "120"),
        "the purchase price is the shop's"
    );
    let light = item(&imported, 1);
    assert_eq!((light.article.as_str(), light.name.ru.as_str()), ("72", "Светильник Ордо Мини"));
    assert_eq!((light.stock, light.currency.as_str()), (Some(0.0), "BYN"));
}

#[test]
fn reads_commerceml_goods_with_their_offers() {
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><КоммерческаяИнформация ВерсияСхемы=\"2.05\"><Классификатор>\
        <Группы><Группа><Ид>g1</Ид><Наименование>Инструмент</Наименование><Группы><Группа><Ид>g2</Ид>\
        <Наименование>Пилы</Наименование></Группа></Группы></Группа></Группы>\
        <Свойства><Свойство><Ид>p1</Ид><Наименование>Длина</Наименование></Свойство></Свойства></Классификатор>\
        <Каталог><Товары><Товар><Ид>a</Ид><Артикул>PL-7</Артикул><Наименование>Пила «Тиса»</Наименование>\
        <БазоваяЕдиница>шт</БазоваяЕдиница><Группы><Ид>g2</Ид></Группы><ЗначенияСвойств><ЗначенияСвойства><Ид>p1</Ид>\
        <Значение>450 мм</Значение></ЗначенияСвойства></ЗначенияСвойств></Товар>\
        <Товар Статус=\"Удален\"><Ид>b</Ид><Наименование>Старьё</Наименование></Товар></Товары></Каталог>\
        <ПакетПредложений><ТипыЦен><ТипЦены><Ид>t1</Ид><Наименование>Закупочная</Наименование><Валюта>руб</Валюта></ТипЦены>\
        <ТипЦены><Ид>t2</Ид><Наименование>Розничная</Наименование><Валюта>руб</Валюта></ТипЦены></ТипыЦен><Предложения>\
        <Предложение><Ид>a</Ид><Наименование>Пила «Тиса»</Наименование><Цены><Цена><ИдТипаЦены>t1</ИдТипаЦены>\
        <ЦенаЗаЕдиницу>300</ЦенаЗаЕдиницу></Цена><Цена><ИдТипаЦены>t2</ИдТипаЦены><ЦенаЗаЕдиницу>612.500</ЦенаЗаЕдиницу>\
        </Цена></Цены><Количество>8</Количество></Предложение></Предложения></ПакетПредложений></КоммерческаяИнформация>";
    let imported = imported("import.xml", xml);
    assert_eq!(articles(&imported), ["PL-7"]);
    let saw = item(&imported, 0);
    assert_eq!((saw.price, saw.currency.as_str(), saw.stock), (Some(612.5), "RUB", Some(8.0)));
    assert_eq!((saw.category.ru.as_str(), saw.unit.as_str()), ("Пилы", "шт"));
    assert_eq!(attribute(saw, "Длина"), Some("450 мм"));
    assert_eq!(saw.attributes.len(), 1, "the purchase price is the shop's");
}

#[test]
fn refuses_xml_of_other_kinds_and_hostile_xml() {
    let files = Files::new();
    refused(
        &files.bytes("feed.xml", b"<?xml version=\"1.0\"?><rss><channel/></rss>"),
        &["<rss>", "SpreadsheetML"],
    );
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE yml_catalog [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>\
        <yml_catalog><shop><offers><offer id=\"1\"><name>&b; товар</name><price>5</price></offer></offers></shop></yml_catalog>";
    assert_eq!(imported("feed.xml", bomb).items[0].name.ru, "&b; товар");
    let deep = format!(
        "<yml_catalog><offer id=\"1\">{}{}</offer></yml_catalog>",
        "<a>".repeat(500),
        "</a>".repeat(500)
    );
    refused(&files.bytes("feed.xml", deep.as_bytes()), &["nest deeper"]);
    refused(&files.bytes("feed.xml", b"<yml_catalog><offer id=\"1\"><name>x"), &["damaged"]);
}

#[test]
fn reads_shopify_exports() {
    let csv = "Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Price,\
        Variant Compare At Price,Variant Inventory Qty,Image Src,Cost per item,Status\n\
        mug,Stone mug,\"<p>Holds <b>300 ml</b></p><p>Glazed</p>\",Orvik,Mugs,Colour,Sand,Size,S,M-1,14.50,19,3,https://shop.example/m.jpg,6,active\n\
        mug,,,,,,Sand,,L,M-2,16.50,,0,,7,\n\
        mug,,,,,,,,,,,,,https://shop.example/m2.jpg,,\n\
        jar,Old jar,,Orvik,Jars,Title,Default Title,,,J-1,9,,1,,,archived\n\
        jar,,,,,,Tall,,,J-2,9,,1,,,\n\
        lid,Lid,,Orvik,Jars,Title,Default Title,,,L-1,4,,7,,,active\n";
    let imported = imported("products_export.csv", csv);
    assert_eq!(articles(&imported), ["M-1", "M-2", "L-1"]);
    let (small, large) = (item(&imported, 0), item(&imported, 1));
    assert_eq!(
        (small.name.en.as_str(), small.price, small.stock),
        ("Stone mug, Sand, S", Some(14.5), Some(3.0))
    );
    assert_eq!((large.name.en.as_str(), large.price), ("Stone mug, Sand, L", Some(16.5)));
    assert_eq!((large.brand.as_str(), large.category.en.as_str()), ("Orvik", "Mugs"));
    assert_eq!((attribute(large, "Size"), attribute(large, "Colour")), (Some("L"), Some("Sand")));
    assert_eq!(large.description.en, "Holds 300 ml\nGlazed");
    assert_eq!(item(&imported, 2).name.en, "Lid");
    let skipped = &imported.report.sheets[0].skipped;
    assert_eq!(
        (skipped["archived"].count, skipped["a further picture of a product"].rows.as_slice()),
        (2, [4].as_slice())
    );
}

#[test]
fn reads_woocommerce_exports() {
    let csv = "ID,Type,SKU,Name,Published,Description,\"In stock?\",Stock,\"Sale price\",\"Regular price\",Categories,Images,Parent,\
        \"Attribute 1 name\",\"Attribute 1 value(s)\"\n\
        10,variable,TS,Tee Halden,1,\"<p>Cotton</p>\",1,,,,\"Clothes > Tees, New\",https://shop.example/t.jpg,,Colour,\"Red, Blue\"\n\
        11,variation,TS-R,Tee Halden - Red,1,,1,4,,20,,,TS,Colour,Red\n\
        12,variation,TS-B,Tee Halden,1,,0,,15,20,,,id:10,Colour,Blue\n\
        13,simple,CAP,Cap,0,,1,,,9,Caps,,,,\n\
        14,simple,HAT,Hat,1,,backorder,,,12,Caps,,,,\n";
    let imported = imported("wc-product-export.csv", csv);
    assert_eq!(articles(&imported), ["TS-R", "TS-B", "HAT"]);
    let (red, blue, hat) = (item(&imported, 0), item(&imported, 1), item(&imported, 2));
    assert_eq!((red.price, red.stock, red.category.en.as_str()), (Some(20.0), Some(4.0), "Tees"));
    assert_eq!((blue.name.en.as_str(), blue.price, blue.stock), ("Tee Halden, Blue", Some(15.0), Some(0.0)));
    assert_eq!((blue.description.en.as_str(), attribute(blue, "Colour")), ("Cotton", Some("Blue")));
    assert_eq!(hat.stock, Some(0.0));
    assert_eq!(imported.report.sheets[0].skipped["not published"].rows, [5]);
}

#[test]
fn reads_prom_exports() {
    let triple = "Назва_Характеристики;Одиниця_виміру_Характеристики;Значення_Характеристики";
    let csv = format!(
        "Код_товару;Назва_позиції;Пошукові_запити;Опис;Ціна;Валюта;Одиниця_виміру;Посилання_зображення;Наявність;Кількість;\
         Назва_групи;Виробник;{triple};{triple}\n\
         VK-3;Вентилятор канальний;вентилятор, витяжка;<p>Тихий</p>;1450.00;UAH;шт.;https://shop.example/v.jpg, https://shop.example/w.jpg;+;12;\
         Вентиляція;Ландер;Діаметр;мм;125;Колір;;білий\n\
         VK-4;Решітка;;;90;UAH;шт.;;7;;Вентиляція;Ландер;Матеріал;;АБС;;;\n\
         VK-5;Клапан;;;70;UAH;шт.;;-;;Вентиляція;Ландер;;;;;;\n"
    );
    let imported = imported("export-products.csv", &csv);
    assert_eq!(articles(&imported), ["VK-3", "VK-4", "VK-5"]);
    let fan = item(&imported, 0);
    assert_eq!((fan.price, fan.currency.as_str(), fan.stock), (Some(1450.0), "UAH", Some(12.0)));
    assert_eq!((attribute(fan, "Діаметр"), attribute(fan, "Колір")), (Some("125 мм"), Some("білий")));
    assert_eq!(
        (fan.category.ru.as_str(), fan.brand.as_str(), fan.attributes.len()),
        ("Вентиляція", "Ландер", 2)
    );
    assert_eq!(
        (item(&imported, 1).stock, item(&imported, 2).stock),
        (Some(0.0), Some(0.0)),
        "days are no stock"
    );
}
