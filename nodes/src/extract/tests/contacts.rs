use super::{
    super::{email, phone, without_contact},
    check, check_all,
};

#[test]
fn phones() {
    let read = |text: &str| phone(text).map_or("—".to_owned(), |(phone, _)| phone);
    check(
        read,
        &[
            ("8 (912) 345-67-89", "+79123456789".into()),
            ("8(912)3456789", "+79123456789".into()),
            ("+7 912 345 67 89", "+79123456789".into()),
            ("89123456789", "+79123456789".into()),
            ("79123456789", "+79123456789".into()),
            ("9123456789", "+79123456789".into()),
            ("912 345-67-89", "+79123456789".into()),
            ("8-912-345-67-89", "+79123456789".into()),
            ("8.912.345.67.89", "+79123456789".into()),
            ("8 912 345 6789", "+79123456789".into()),
            ("+8 912 345 67 89", "+79123456789".into()),
            ("+7(912)345–67–89", "+79123456789".into()),
            ("мой номер 8 912 345 67 89, звоните", "+79123456789".into()),
            ("номер89123456789", "+79123456789".into()),
            ("тел.: 89123456789.", "+79123456789".into()),
            ("8 800 000 00 00", "+78000000000".into()),
            ("(495) 123-45-67", "+74951234567".into()),
            ("8 495 123-45-67 доб. 12", "+74951234567;ext=12".into()),
            ("8 (495) 123-45-67, добавочный 123", "+74951234567;ext=123".into()),
            ("+1 202 555 0123 ext. 45", "+12025550123;ext=45".into()),
            ("+1 202 555 0123", "+12025550123".into()),
            ("00 44 20 7946 0018", "+442079460018".into()),
            ("89123456789 89123456788", "+79123456789".into()),
            ("89123456789 или 8 495 123-45-67", "+79123456789".into()),
            ("+7 912 345-67-89 +7 912 345-67-88", "+79123456789".into()),
            ("5 штук, 8 912 345 67 89", "+79123456789".into()),
            ("2 89123456789", "+79123456789".into()),
            ("перезвоните 89123456789 после 18", "+79123456789".into()),
        ],
    );
    let second = "89123456789, 8 912 345-67-88";
    assert_eq!(without_contact(second), "", "both are taken out");
}

#[test]
fn not_phones() {
    check_all(
        |text| phone(text).map(|(phone, _)| phone),
        &[
            "12345",
            "артикул 89123456789",
            "RH-89123456789",
            "арт. 9123456789",
            "ИНН 7701234567",
            "р/с 40702810900000012345",
            "заказ № 89123456789",
            "order #89123456789",
            "4607012345678",
            "8 912 345 678 90 11 22 рублей",
            "89 990 000 000",
            "9 123 456 789 рублей",
            "15 000 000 рублей",
            "15.03.2027 10:00",
            "9.12.2026 123",
            "https://example.com/?id=89123456789",
            "ABC89123456789",
            "1/2 3/4 5/8",
            "7701234567",
            "100 200 300",
        ],
        None,
    );
}

#[test]
fn emails() {
    let read = |text: &str| email(text).map_or("—".to_owned(), |(email, _)| email);
    check(
        read,
        &[
            ("a@example.com", "a@example.com".into()),
            ("пишите на x@y.ru.", "x@y.ru".into()),
            ("(first.last@example.com)", "first.last@example.com".into()),
            ("<first+tag@example.co.uk>", "first+tag@example.co.uk".into()),
            ("«info@example.com»", "info@example.com".into()),
            ("mailto:info@example.com?subject=x", "info@example.com".into()),
            ("почта:info@example.com,тел", "info@example.com".into()),
            ("почта/info@example.com", "info@example.com".into()),
            ("INFO@EXAMPLE.COM", "INFO@EXAMPLE.COM".into()),
            ("info @ example.com", "info@example.com".into()),
            ("info@example,com", "info@example.com".into()),
            ("info@example.com89123456789", "info@example.com".into()),
            ("info@example.comтелефон", "info@example.com".into()),
            ("инфо@пример.рф", "инфо@пример.рф".into()),
            ("info@xn--e1afmkfd.xn--p1ai", "info@xn--e1afmkfd.xn--p1ai".into()),
            ("info@example.com.Звоните", "info@example.com".into()),
            ("info@sub.example.com!", "info@sub.example.com".into()),
            ("info собака example точка com", "info@example.com".into()),
            ("info собака example.com", "info@example.com".into()),
            ("first точка last собака example точка com", "first.last@example.com".into()),
            ("first нижнее подчеркивание last собака example точка com", "first_last@example.com".into()),
            ("info at example dot com", "info@example.com".into()),
            ("info [at] example [dot] com", "info@example.com".into()),
            ("info(at)example.com", "info@example.com".into()),
            ("!#$%&`*+/=?^`{|}~@example.com", "!#$%&`*+/=?^`{|}~@example.com".into()),
        ],
    );
}

#[test]
fn not_emails() {
    check_all(
        |text| email(text).map(|(email, _)| email),
        &[
            "a@b",
            "@example.com",
            "info@",
            "info@.com",
            ".info@example.com",
            "in..fo@example.com",
            "info.@example.com",
            "info@-example.com",
            "info@example..com",
            "info@example.c",
            "look at example.com",
            "у меня собака, точка",
            "моя собака mail.ru",
            "see you at home dot",
            "5 шт @ 100 руб.",
            "info@1.2",
            "иван собака мейл точка ру",
            "@channel",
            "наш сайт example.com",
            "info@example.co-uk",
        ],
        None,
    );
}
