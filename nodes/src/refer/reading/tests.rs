use super::*;

fn read(text: &str) -> Reading {
    Reading::of(text).unwrap()
}

#[test]
fn places_are_read_in_words_and_figures() {
    for text in
        ["а второй сколько?", "2-й сколько стоит", "номер 2 почём", "how much is the second one?", "№2 цена"]
    {
        let reading = read(text);
        assert_eq!((reading.nth.as_slice(), reading.price), ([2].as_slice(), true), "{text}: {reading:?}");
        assert!(reading.include.is_empty(), "{text}: {reading:?}");
    }
    assert_eq!(read("сравни первые три").nth, [1, 2, 3]);
    assert_eq!(read("не первый, а третий").nth, [3]);
}

#[test]
fn a_choice_has_counts_and_a_place() {
    let reading = read("беру первый, 2 штуки, в Самару");
    assert!(reading.choose && reading.include.is_empty(), "{reading:?}");
    assert_eq!((reading.nth, reading.count), (vec![1], Some(2.0)));
    assert_eq!(reading.places, ["самару"]);
    let reading = read("I'll take the second one, 3 pcs");
    assert!(reading.choose, "{reading:?}");
    assert_eq!((reading.nth, reading.count), (vec![2], Some(3.0)));
    assert_eq!(read("первый 2 шт и третий 5 шт, оформляйте").counts, [(1, 2.0), (3, 5.0)]);
}

#[test]
fn refinements_are_told_from_words_of_a_thing() {
    let reading = read("до 10 тысяч");
    assert_eq!((reading.max_price, reading.include.is_empty()), (Some(10_000.0), true));
    assert!(read("подешевле").cheaper && read("помощнее есть?").compares());
    assert_eq!(read("за 15").raw_bounds, [RawBound { value: 15.0, upper: true }]);
    assert_eq!(read("125").numbers, [125.0]);
    assert_eq!(read("не Korvund").exclude, ["korvund"]);
    assert_eq!(read("без аккумулятора").exclude, ["аккумулятора"]);
    let reading = read("не нужен перфоратор, нужна дрель");
    assert_eq!((reading.exclude, reading.include), (vec!["перфоратор".to_owned()], vec!["дрель".to_owned()]));
    let reading = read("сколько стоит доставка в Казань");
    assert_eq!(
        (reading.price, reading.delivery, reading.places.as_slice()),
        (true, true, ["казань".to_owned()].as_slice())
    );
}
