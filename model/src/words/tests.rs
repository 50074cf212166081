use super::*;

fn words() -> Words {
    Words::of(
        [
            "какая гарантия на инструмент",
            "how much is delivery",
            "позовите оператора",
            "есть ли доставка в Казань",
            "нужен перфоратор до 10 тысяч",
            "хочу болгарку",
            "нужен генератор",
            "do you have angle grinders",
            "покажите, что есть",
            "как проверить чек",
            "вернуть деньги за сломавшуюся дрель",
            "is there a generator",
        ]
        .into_iter(),
    )
}

fn check_correct(typed: &str, meant: &str) {
    assert_eq!(words().correct(typed), meant);
}

fn check_read(typed: &str, meant: Option<&str>) {
    assert_eq!(words().read(typed, &|word| word == "напор").as_deref(), meant, "{typed}");
}

#[test]
fn corrects_misspellings_and_keeps_other_words() {
    check_correct("какая гарантея на инстумент", "какая гарантия на инструмент");
    check_correct("переключите на опиратора!", "переключите на оператора!");
    check_correct("is there delivry", "is there delivery");
    check_correct("скоко стоит дастафка в казань", "скоко стоит доставка в казань");
    check_correct("а ганантия есть", "а гарантия есть");
    check_correct("пазавите минеджера пожалуста", "позовите менеджера пожалуйста");
    check_correct("petrol genarator", "petrol generator");
}

#[test]
fn does_not_change_common_short_and_mixed_words() {
    for text in [
        "операторы",
        "какой",
        "mich",
        "гарантия2",
        "",
        "хочу дом у моря",
        "I would like a sofa",
        "до",
        "докажи",
        "хочу поверить",
        "чаем",
        "витя",
        "дрелью",
        "деньгам",
    ] {
        check_correct(text, text);
    }
}

#[test]
fn reads_colloquial_forms_and_amounts() {
    check_read("здрасте нужон перфаратор до 10тыщ", Some("здравствуйте нужен перфоратор до 10 тысяч"));
    check_read("чё щас есть, спс", Some("что сейчас есть, спасибо"));
    check_read("pls tell ur price, thx", Some("please tell your price, thanks"));
    check_read("нужна дрель 😊🙏", Some("нужна дрель"));
    check_read("👍", Some("ок"));
    check_read("👎", None);
    check_read("...", None);
    check_read("скока стоит дастафка в казань", Some("сколько стоит доставка в казань"));
    check_read("is ther a waranty", Some("is there a warranty"));
    check_read("нужен насос U-образный", None);
    check_read("RH-10845 10 шт", None);
}

#[test]
fn reads_russian_in_latin_letters() {
    check_read("skolko stoit dostavka v kazan", Some("сколько стоит доставка в казань"));
    check_read("nuzhen perforator do 10 tysyach", Some("нужен перфоратор до 10 тысяч"));
    check_read("kakaya garantiya", Some("какая гарантия"));
    check_read("a podeshevle est", Some("а подешевле есть"));
    check_read("tolko v nalichii", Some("только в наличии"));
    check_read("pozovite menedzhera", Some("позовите менеджера"));
    check_read("zdravstvuyte, nuzhen generator 5 kvt", Some("здравствуйте, нужен генератор 5 квт"));
    check_read("а delivery в Казань есть?", Some("а доставка в Казань есть?"));
    check_read("нужна bolgarka 125 мм", Some("нужна болгарка 125 мм"));
}

#[test]
fn leaves_english_brands_and_articles_as_they_are() {
    for text in [
        "I need a rotary hammer",
        "do you have angle grinders",
        "Makita HR2470",
        "Bosch GBH 2-26 DRE",
        "DeWalt DCD771C2",
        "нужен Makita HR2470",
        "ok",
        "hello",
        "what is your address",
        "petrol chainsaw",
        "RH-10845",
        "hi um so i was wondering do you guys maybe have like a pressure washer for a car nothing fancy",
        "Sergey Ivanov",
        "меня зовут Гаранций",
        "нужна коронка по бетону и бита",
        "домкрат, струбцина, рубанок и паяльник",
        "anna@example.com",
        "svetlana.petrova@example.com",
    ] {
        check_read(text, None);
    }
}

#[test]
fn a_text_of_unknown_words_costs_no_more_than_its_first_ones() {
    let words = words();
    let hostile: String = (0..1000).map(|number| format!("щщъя{}ыъэжд ", "гъ".repeat(number % 9))).collect();
    let few: String = hostile.split_inclusive(' ').take(MOST_WORDS).collect();
    let (all, first) = (words.corrected(&hostile), words.corrected(&few));
    assert_eq!(all.lookups, first.lookups);
    assert!(all.lookups > 0);
    // Of a word of 24 letters 1 + 24 + 276 spellings are looked up, its sound, and 64 words compared.
    assert!(all.lookups <= MOST_LOOKED_UP * (1 + 301 + 64), "{}", all.lookups);
    assert_eq!(words.corrected(&"я".repeat(1_000_000)).lookups, 0);
}
