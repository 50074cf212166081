use std::io::Write;

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::*;

/// An archive of these files.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in files {
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn body(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{inner}</w:body></w:document>"
    )
}

fn read(inner: &str) -> Result<Vec<Block>, Error> {
    let styles = "<w:styles><w:style w:styleId=\"1\"><w:name w:val=\"heading 1\"/></w:style><w:style w:styleId=\"a3\"><w:name w:val=\"Заголовок 2\"/></w:style>\
        <w:style w:styleId=\"own\"><w:name w:val=\"Наш\"/><w:basedOn w:val=\"1\"/></w:style><w:style w:styleId=\"x\"><w:name w:val=\"x\"/><w:basedOn w:val=\"x\"/></w:style>\
        <w:style w:styleId=\"toc\"><w:name w:val=\"heading of a table\"/></w:style></w:styles>";
    read_docx(&archive(&[("word/document.xml", &body(inner)), ("word/styles.xml", styles)]))
}

fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn styled(style: &str, text: &str) -> String {
    format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn text(text: &str) -> Block {
    Block::Text(text.to_owned())
}

#[test]
fn paragraphs_headings_lists_and_tables_are_read() {
    let inner = [
        styled("1", "О компании"),
        paragraph("Мы &amp; наши <!-- x -->друзья&#33; &evil;"),
        styled("a3", "Доставка"),
        styled("own", "Склад"),
        styled("x", "Текст"),
        styled("toc", "Ещё"),
        "<w:p><w:pPr><w:outlineLvl w:val=\"0\"/></w:pPr><w:r><w:t>По уровню</w:t></w:r></w:p>".to_owned(),
        "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/></w:numPr></w:pPr><w:r><w:t>первое</w:t><w:tab/><w:t>второе</w:t><w:br/><w:t>третье</w:t></w:r></w:p>".to_owned(),
        "<w:p><w:del><w:r><w:delText>старое</w:delText><w:t>старое</w:t></w:r></w:del><w:ins><w:r><w:t>новое</w:t></w:r></w:ins><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>".to_owned(),
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Город</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Срок</w:t></w:r></w:p><w:p><w:r><w:t>дней</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc/><w:tc/></w:tr></w:tbl>".to_owned(),
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>Рамка</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:t>Рамка</w:t></mc:Fallback></mc:AlternateContent><w:t>вокруг</w:t></w:r></w:p>".to_owned(),
    ]
    .concat();
    let heading = |text: &str| Block::Heading(text.to_owned());
    assert_eq!(
        read(&inner).unwrap(),
        [
            heading("О компании"),
            text("Мы & наши друзья!"),
            heading("Доставка"),
            heading("Склад"),
            text("Текст"),
            text("Ещё"),
            heading("По уровню"),
            text("- первое второе\nтретье"),
            text("новое"),
            text("Город | Срок дней"),
            text("Рамка"),
            text("вокруг"),
        ]
    );
}

#[test]
fn a_document_of_eighty_pages_is_read_whole() {
    let page = |n: usize| {
        let lines: String = (0..30)
            .map(|line| paragraph(&format!("Страница {n}, строка {line}: условия поставки насосов и труб.")))
            .collect();
        styled("1", &format!("Раздел {n}")) + &lines
    };
    let blocks = read(&(0..80).map(page).collect::<String>()).unwrap();
    assert_eq!(blocks.len(), 80 * 31);
    let passages = super::super::passages(&blocks, "Компания");
    assert!(passages.len() >= 160 && passages.iter().all(|passage| passage.text.chars().count() < 1_700));
    let markdown = super::super::markdown(&passages);
    assert!(markdown.contains("## Раздел 79\n") && markdown.contains("Страница 79, строка 29"));
}

#[test]
fn what_is_no_document_is_refused_with_its_reason() {
    let whole = archive(&[("word/document.xml", &body(&paragraph("x")))]);
    for (bytes, expected) in [
        (Vec::new(), Error::Empty),
        (b"MZ\x90\x00".to_vec(), Error::NotDocx),
        (b"%PDF-1.7".to_vec(), Error::NotDocx),
        ("просто текст".as_bytes().to_vec(), Error::NotDocx),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), Error::OldOrLocked),
        (archive(&[("xl/workbook.xml", "<x/>")]), Error::NotDocx),
        (vec![b'P'; MAX_BYTES + 1], Error::TooLarge),
        (archive(&[("word/document.xml", &body(""))]), Error::NoText),
    ] {
        assert_eq!(read_docx(&bytes), Err(expected), "{:?}", &bytes[..bytes.len().min(8)]);
    }
    for length in (0..whole.len()).step_by(7) {
        read_docx(&whole[..length]).unwrap_err();
    }
    let broken = |text: &str| read_docx(&archive(&[("word/document.xml", text)])).unwrap_err();
    for text in ["<w:p>", "<w:p><w:r></w:p>", "не XML <", "<a/><"] {
        assert!(matches!(broken(text), Error::Damaged(_) | Error::NoText), "{text}: {:?}", broken(text));
    }
}

#[test]
fn a_hostile_document_takes_neither_memory_nor_time() {
    let bomb = format!("<w:document>{}", " ".repeat(70 << 20));
    assert_eq!(read_docx(&archive(&[("word/document.xml", &bomb)])), Err(Error::Bomb));
    let deep = format!("{}x", "<w:r>".repeat(100_000));
    assert_eq!(read_docx(&archive(&[("word/document.xml", &deep)])), Err(Error::Bomb));
    assert_eq!(read(&paragraph(&"слово ".repeat(200_000))), Err(Error::TooLong));
    // Entities of a document type are not expanded, however they nest, and no file is read for one.
    let entities = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>";
    let declared = format!("{entities}{}", body(&paragraph("до &b;&f; после")).split_once("?>").unwrap().1);
    assert_eq!(
        read_docx(&archive(&[("word/document.xml", &declared)])),
        Ok(vec![super::Block::Text("до после".to_owned())])
    );
    let many: Vec<(String, &str)> = (0..6_000).map(|n| (format!("x{n}"), "")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    assert_eq!(read_docx(&archive(&many)), Err(Error::Bomb));
    // Marks that turn the reading direction round are left out.
    assert_eq!(read(&paragraph("цена \u{202e}001 ₽")).unwrap(), [text("цена 001 ₽")]);
}
