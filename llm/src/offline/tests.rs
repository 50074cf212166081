//! Checks replies as a client reads them.

use tolmach_engine::{catalog::Product, effect::Passage, language::Language};

use super::*;
use crate::test_call::CALL;

fn request(question: &str, language: Language, facts: usize) -> GenerateRequest {
    GenerateRequest {
        role: "default".to_owned(),
        instructions: String::new(),
        question: question.to_owned(),
        language,
        facts: vec![Product::default(); facts],
        passages: vec![],
        history: vec![],
        temperature: 0.0,
        max_tokens: 300,
    }
}

fn company() -> Vec<Passage> {
    let passage = |title: &str, text: &str| Passage {
        id: format!("company.md#{title}"),
        title: title.to_owned(),
        text: text.to_owned(),
    };
    vec![
        passage("Доставка", "Отправляем по всей России транспортными компаниями. В Казань — три дня."),
        passage("Гарантия", "На инструмент — **двенадцать месяцев**. Чек нужен при обращении."),
        passage("Оплата", "Карта, счёт для организаций, лизинг."),
        passage("Благодарность", "Спасибо, рады помочь!"),
        passage("Delivery", "We ship to any city. Heavy machines travel by freight carriers."),
        passage("Warranty", "Tools are covered for twelve months. Keep the receipt."),
    ]
}

async fn check(question: &str, expected: &str) {
    let passages = company();
    let request = GenerateRequest { passages, ..request(question, Language::Ru, 0) };
    let text = OfflineLlm.generate(&CALL, &request).await.expect("never fails").text;
    if expected.is_empty() {
        assert_eq!(text, "", "{question}");
    } else {
        assert!(text.starts_with(expected), "{question}: {text}");
    }
}

#[tokio::test]
async fn matches_inflected_words() {
    check("а доставку в Казани делаете?", "Отправляем по всей России").await;
    check("вы доставите станок?", "Отправляем по всей России").await;
    check("сколько длится гарантийный срок", "На инструмент — двенадцать месяцев").await;
    check("лизингом можно оплатить?", "Карта, счёт").await;
    check("счета организациям выставляете", "Карта, счёт").await;
    check("СПАСИБО!!!", "Спасибо, рады помочь").await;
    check("do you deliver to other cities?", "We ship to any city").await;
    check("how long are the tools warranted?", "Tools are covered").await;
}

#[tokio::test]
async fn is_empty_when_no_passage_fits() {
    check("есть ли у вас вакансии", "").await;
    check("what is your opinion on football?", "").await;
    check("", "").await;
    check("???", "").await;
    let empty = OfflineLlm.generate(&CALL, &request("доставка", Language::Ru, 0)).await.expect("never fails");
    assert_eq!((empty.text.as_str(), empty.usage.model.as_str()), ("", "offline"));
}

#[tokio::test]
async fn offers_products_by_reference_without_other_digits() {
    for language in Language::ALL {
        let mut seen = std::collections::BTreeSet::new();
        for count in 1..=8 {
            for question in ["дрель", "насос 1500", "a saw", "бетономешалка 220 В", "лестница"]
            {
                let request = request(question, language, count);
                let reply = OfflineLlm.generate(&CALL, &request).await.expect("never fails").text;
                assert_eq!(reply, OfflineLlm.generate(&CALL, &request).await.expect("never fails").text);
                assert!(reply.contains("[1]"), "{reply}");
                let mut rest = reply.clone();
                for row in 1..=count.min(3) {
                    rest = rest.replace(&format!("[{row}]"), "");
                }
                assert!(!rest.contains(|c: char| c.is_ascii_digit() || "{}[]".contains(c)), "{reply}");
                assert_eq!(Language::detect(&reply), Some(language), "{reply}");
                seen.insert(reply);
            }
        }
        assert!(seen.len() >= 4, "the wording varies: {seen:?}");
    }
}

#[tokio::test]
async fn cuts_long_passages_at_a_sentence_end() {
    let sentence = "Насосы проверяем перед отгрузкой на стенде. ";
    let passages = vec![Passage {
        id: "company.md#Насосы".to_owned(),
        title: "Насосы".to_owned(),
        text: sentence.repeat(100),
    }];
    let request = GenerateRequest { passages, ..request("насосы", Language::Ru, 0) };
    let text = OfflineLlm.generate(&CALL, &request).await.expect("never fails").text;
    assert!(text.chars().count() <= 700 && text.chars().count() > 600, "{}", text.chars().count());
    assert!(text.ends_with("стенде."), "{text}");
}

#[tokio::test]
async fn quotes_two_equally_good_sections_and_shortens_long_ones() {
    let passage = |title: &str, text: String| Passage { id: title.to_owned(), title: title.to_owned(), text };
    let passages = vec![
        passage("Ремонт насосов", "слово ".repeat(500)),
        passage("Ремонт дрелей", "- Дрели чиним за день.".to_owned()),
    ];
    let request = GenerateRequest { passages, ..request("ремонт", Language::Ru, 0) };
    let text = OfflineLlm.generate(&CALL, &request).await.expect("never fails").text;
    assert!(text.chars().count() <= 705, "{}", text.chars().count());
    assert!(text.contains("слово…\n\n• Дрели чиним за день."), "{text}");
}

#[tokio::test]
async fn never_chooses_a_label() {
    let request = LlmClassifyRequest {
        role: "default".to_owned(),
        text: "нужна дрель".to_owned(),
        labels: vec![],
        history: vec![],
        language: Language::Ru,
    };
    assert_eq!(OfflineLlm.classify(&CALL, &request).await.expect("never fails").label, None);
}
