//! Stop words of product search.

/// Whether a word says nothing about the product in a request: grammar, courtesy, and words about price and stock,
/// which filters handle.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// Sorted for binary search; a test checks the order.
#[rustfmt::skip]
static STOP_WORDS: &[&str] = &[
    "a", "about", "afternoon", "am", "an", "and", "any", "anything", "are", "as", "at", "available",
    "be", "best", "budget", "but", "buy", "by", "can", "cheap", "cheaper", "cheapest", "cost", "costs",
    "could", "did", "do", "does", "dollars", "eur", "euro", "euros", "evening", "find", "for", "from",
    "get", "give", "good", "got", "had", "has", "have", "hello", "hey", "hi", "how", "i", "if", "im",
    "in", "is", "it", "its", "know", "like", "list", "looking", "many", "me", "more", "morning", "most",
    "much", "my", "need", "of", "offer", "ok", "on", "or", "our", "over", "please", "price", "prices",
    "recommend", "rub", "rubles", "search", "sell", "show", "so", "some", "something", "stock",
    "suggest", "tell", "than", "thank", "thanks", "that", "the", "their", "there", "these", "they",
    "this", "those", "to", "under", "up", "us", "usd", "want", "was", "we", "what", "whats", "when",
    "where", "which", "who", "will", "with", "would", "you", "your", "а", "без", "более", "больше",
    "будет", "бы", "был", "была", "были", "было", "быть", "в", "вам", "вариант", "варианты", "вас",
    "ваш", "вечер", "вообще", "вы", "где", "грн", "да", "дай", "дайте", "день", "дешевле", "дешево",
    "дешевые", "дешевый", "для", "до", "доброе", "добрый", "дороже", "его", "ее", "если", "есть", "еще",
    "же", "за", "здравствуйте", "знать", "и", "из", "или", "имеется", "интересует", "интересуют", "их",
    "ищем", "ищу", "к", "как", "какая", "какие", "какой", "какую", "когда", "кто", "купить", "куплю",
    "ли", "лучше", "лучший", "любой", "любые", "мне", "можете", "можно", "мой", "моя", "мы", "на",
    "найди", "найдите", "наличие", "наличии", "нам", "нас", "не", "недорогие", "недорого", "недорогой",
    "нет", "ни", "но", "ну", "нужен", "нужна", "нужно", "нужны", "о", "об", "около", "он", "она", "они",
    "оно", "от", "очень", "по", "подбери", "подберите", "подешевле", "подойдет", "подскажи",
    "подскажите", "пожалуйста", "покажи", "покажите", "посоветуй", "посоветуйте", "почем", "прайс",
    "прайсу", "предложите", "при", "привет", "присмотреть", "про", "расценки", "руб", "рублей", "рубли",
    "рубль", "рубля", "с", "самые", "самый", "сколько", "со", "спасибо", "стоимость", "стоит", "стоят",
    "так", "такие", "таких", "такое", "такой", "там", "то", "товар", "товары", "только", "тут", "тыс",
    "тысяч", "тысячи", "тысячу", "у", "уже", "утро", "хороший", "хотел", "хотела", "хотелось", "хотим",
    "хочу", "цена", "ценам", "ценах", "ценник", "ценой", "цену", "цены", "чего", "что", "чтобы", "это",
    "этот", "я",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted_and_unique() {
        let mut sorted = STOP_WORDS.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        for (written, wanted) in STOP_WORDS.iter().zip(&sorted) {
            assert_eq!(written, wanted, "out of order");
        }
        assert_eq!(sorted.len(), STOP_WORDS.len());
    }
}
