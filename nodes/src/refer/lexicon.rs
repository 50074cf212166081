//! The words by which clients speak of what they were shown, in Russian and English.
//!
//! A phrase is matched word by word, folded to lower case; `*` ends a word that may go on. The longest phrase wins, so that
//! «сколько на складе» is not «сколько».

use std::{collections::HashMap, sync::LazyLock};

use tolmach_engine::measure::Dimension;

/// What a phrase does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// The row at this place, from 1.
    Nth(usize),
    /// The last row.
    Last,
    /// The last but one.
    BeforeLast,
    /// Points at the row that is spoken of: «он», «этот».
    This,
    /// Begins a description of a row: «тот, который».
    Which,
    /// All rows that were shown.
    All,
    /// «они», "them": the row that is spoken of or, where none is, all.
    Them,
    /// The row with most of a quantity.
    Most(Dimension),
    /// The row with least of it.
    Least(Dimension),
    /// The row with most of whatever the rows state.
    Biggest,
    /// The row with least of it.
    Smallest,
    /// Asks for a property: «какая», "how many".
    What,
    /// Says goodbye.
    Bye,
    /// Asks what the order costs.
    Total,
    /// Asks for the price.
    Price,
    /// Asks whether and how many there are.
    Stock,
    /// «есть», "do you have": asks for stock only where a row is named.
    Have,
    /// Asks to tell more.
    Details,
    /// Asks for a picture.
    Photo,
    /// Takes something.
    Choose,
    /// «давайте», «хочу»: takes something only where a row is named.
    Want,
    /// Takes what follows in place of what was chosen.
    Instead,
    /// What follows was chosen, and something else is taken for it.
    InsteadOf,
    /// Takes a line out of the order.
    Remove,
    /// Wants rows compared.
    Compare,
    /// Speaks of delivery.
    Delivery,
    /// Wants one recommended.
    Recommend,
    /// Wants something cheaper.
    Cheaper,
    /// Wants something dearer.
    Dearer,
    /// The cheapest of the rows.
    Cheapest,
    /// The dearest.
    Dearest,
    /// More of a quantity.
    More(Dimension),
    /// Less of it.
    Less(Dimension),
    /// More of whatever the rows state.
    Bigger,
    /// Less of it.
    Smaller,
    /// Only what is in stock.
    InStock,
    /// Rows of other brands.
    OtherBrand,
    /// Further rows.
    Further,
    /// The search before.
    Back,
    /// What follows is not wanted.
    Not,
    /// What follows is not wanted, and was never asked for: «без».
    Without,
    /// A number after it is a place: «номер».
    Number,
    /// A number after it bounds the price from above: «за», «до».
    UpTo,
    /// The same from below.
    From,
    /// Before a place of delivery: «в», "to".
    To,
    /// Agrees.
    Yes,
    /// Joins or parts: «и», «или».
    And,
    /// «или» between rows asks to compare them.
    Or,
    /// Says nothing of its own.
    Filler,
}

type Row = (Means, &'static str);

/// Phrases of one meaning, parted by `|`.
const TABLE: &[Row] = &[
    (Means::Nth(1), "перв*|первый|1й|first|the first|1st"),
    (Means::Nth(2), "втор*|2й|second|2nd"),
    (Means::Nth(3), "трет*|third|3rd"),
    (Means::Nth(4), "четверт*|fourth|4th"),
    (Means::Nth(5), "пяты*|пятая|пятое|пятого|пятую|пятой|fifth|5th"),
    (Means::Nth(6), "шесто*|шестая|шестую|sixth|6th"),
    (Means::Nth(7), "седьм*|seventh|7th"),
    (Means::Nth(8), "восьмо*|восьмая|восьмую|eighth|8th"),
    (Means::Nth(9), "девяты*|девятая|девятую|ninth|9th"),
    (Means::Nth(10), "десяты*|десятая|десятую|tenth|10th"),
    (Means::BeforeLast, "предпоследн*|last but one|second to last"),
    (Means::Last, "последн*|last|the last"),
    (
        Means::This,
        "он|она|оно|его|ее|ему|ней|нем|него|нее|этот|эта|это|эту|этого|этой|этом|it|its|this|this one|that one|на него|у него",
    ),
    (
        Means::Which,
        "тот|та|то|ту|того|той|тех|те|тот где|та где|ту где|того что|ту что|та что|тех что|тех которые|которых|ones|the ones|the ones that|the ones for|тот что|та что|тот который|та которая|ту которая|который|которая|которые|которую|which is|the one|the one with|one with|the one that|the one for|that|какой из них|какая из них|какое из них|какие из них|какой из этих|какая из этих|какой это|какая это|это какая|это какой|из них|из этих|which of them|which of these|of them|of the|the one for|whats the one for",
    ),
    (Means::All, "все|всех|оба|обе|обоих|обеих|all|both|all of them|both of them|of these|these"),
    (Means::Them, "они|их|эти|этих|ними|них|them|they|those"),
    (
        Means::Price,
        "сколько|скока|скоко|сколько стоит|сколько стоят|сколько будет|сколько будет стоить|скока стоит|почем|цена|цену|цены|ценник|какая цена|по цене|какой ценник|стоимость|за сколько|прайс|how much|how much is|how much are|how much does|price|cost|costs|what is the price|what does it cost|what's the price|whats the price|стоил|стоила|стоило|стоили|did it cost|was",
    ),
    (
        Means::Stock,
        "сколько штук|сколько есть|сколько на складе|сколько в наличии|на складе|осталось|осталась|остался|много у вас|any left|got any left|are there any left|have to order in|have to order|order in|on order|под заказ|на заказ|только на заказ|только под заказ|сколько у вас|сколько их|сколько их осталось|сколько штук осталось|how many have you|how many have you got|have you got many|on the shelf|on stock|come from stock|comes from stock|available today|когда будет|когда будут|когда появится|когда появятся|когда поступит|когда поступят|back in stock|when will it be in stock|when will it be back|остаток|остатки|есть ли в наличии|есть в наличии|имеется|имеются|how many do you have|how many of those do you have|how many of them|how many of those|how many of these|how many of it|is it in stock|are they in stock|how many do you have|how many are|how many left|in stock|available|availability|in store",
    ),
    (Means::Have, "есть|есть ли|а есть|do you have|have you got|is there|are there|got"),
    (
        Means::Details,
        "скиньте инфу|скинь инфу|скиньте инфу по|скинь инфу по|инфу|инфа|инфу по|подробн*|поподробн*|характеристик*|параметр*|описан*|расскаж*|опиш*|что за|какая мощность|какой вес|какой мощности|мощности|how many joules|how many watts|joules|how powerful|how heavy|сколько весит|какие размеры|какой размер|что входит|комплектация|тех характеристики|ттх|details|detail|specs|specification*|tell me more|tell me about|more about|describe|what about|how about|how bout|what bout|мощность какая|размер какой|вес какой|more info|info|про|вес|веса|масса|габарит*|оборот*|weight|dimensions",
    ),
    (
        Means::Photo,
        "фото|фотк*|фотограф*|картинк*|как выглядит|покажи фото|photo|photos|picture|pictures|image|what does it look like",
    ),
    (
        Means::Choose,
        "запишите|запиши|запишите мне|put me down|i'll go with|ill go with|беру|возьму|берем|возьмем|заберу|забираю|заказываю|закажу|закажем|заказать|оформляйте|оформляем|оформите|оформить|оформи|куплю|покупаю|купить|хочу купить|хочу взять|хочу заказать|отложите|забронируйте|положите|добавьте|добавь|i'll take|i will take|i take|take|i'll have|i'd take|order|i want to order|i would like to order|would like to order|like to order|i want to buy|i'd like to order|buy|i'll buy|add|reserve|book|put me down for|взять|возьми|берём|ill take|ill have|ill buy|id take|i take it",
    ),
    (
        Means::Want,
        "make that|let it be|давайте|давай|пусть будет|make it|make that|мне|хочу|хотим|хочется|хотел бы|хотела бы|нужно|надо|нужен|нужна|нужны|give me|i want|i need|i'd like|i would like|let's|let's go with|go with|i'd go with|id like|let me have|i need a|i need an",
    ),
    (Means::InsteadOf, "вместо|instead of"),
    (Means::Instead, "instead|вместо этого|вместо него|вместо нее|вместо них|вместо этих|взамен"),
    (Means::Remove, "уберите|убери|удалите|удали|исключите|вычеркните|remove|delete|drop|take off"),
    (
        Means::Compare,
        "stack up|how do|side by side|worth it over|worth it against|better than|чем отличаются|выбрать между|выбирать между|between|сравни|сравните|сравнить|сравнение|чем отлича*|чем разные|чем разнятся|по сравнению с|против|against|compared to|compared with|отлича*|отличие|отличия|разница|разницу|в чем разница|в чем отличие|какая разница|что лучше|compare|comparison|difference|differences|what's the difference|whats the difference|what is the difference|differ|vs|versus|which is better|что выбрать",
    ),
    (
        Means::Delivery,
        "везти|отвезти|отправить|go to|goes to|has to go to|have to go to|send to|to be delivered|доставк*|доставл*|доставит*|доставьте|привез*|довез*|deliver*|shipping|ship",
    ),
    (
        Means::Recommend,
        "which would you go for|what would you go for|which would you|which one would you go for|вы бы какой взяли|вы бы какую взяли|себе вы бы какой взяли|себе вы бы какую взяли|бы какой взяли|бы какую взяли|which would you pick|which would you take|what would you pick|which one would you pick|which would you choose|какую бы взяли|какой бы взяли|что бы взяли|какую взяли бы|какой взяли бы|сами бы какую взяли|сами бы какой взяли|your advice|your recommendation|ваш совет|посовет*|советуете|порекоменд*|рекоменд*|какой лучше|какая лучше|какую лучше|какие лучше|какой выбрать|какую выбрать|какой взять|какой брать|какую взять|что посоветуете|что лучше взять|что взять|лучше взять|лучший|recommend|suggest|which one|which is best|which one is best|which one is better|which one would you|best one|which should i|what would you|advise|почему он|почему она|почему именно он|почему именно она|почему его|почему ее|why that one|why this one|why it|why him|would you recommend|do you recommend|you recommend|which one would you recommend|which one do you recommend|the best",
    ),
    (
        Means::Cheaper,
        "дешевле|подешевле|дешевл*|подешевл*|бюджетн*|побюджетн*|недорог*|подоступн*|слишком дорого|дороговат*|дорого|дорогой|дорогие|дорогая|не по карману|cheaper|less expensive|too expensive|expensive|pricey|more affordable|budget|cheap",
    ),
    (Means::Dearer, "дороже|подороже|получше|more expensive|dearer|pricier|premium|better one"),
    (
        Means::Cheapest,
        "выгоднее|что выгоднее|какой выгоднее|какая выгоднее|по цене выгоднее|best value|the cheap one|cheap one|the cheaper of|cheaper of|сам* дешев*|сам* бюджетн*|сам* недорог*|сам* доступн*|дешевый|дешевую|который дешевле|что дешевле|которая дешевле|тот что дешевле|та что дешевле|the cheaper one|the cheaper|cheaper one|the cheapest|cheapest|cheapest one",
    ),
    (
        Means::Dearest,
        "сам* дорог*|priciest|the priciest|dearest|the dearest|который дороже|тот что дороже|the more expensive one|the most expensive|most expensive|the dearer one",
    ),
    (
        Means::Most(Dimension::Power),
        "сам* мощн*|сам* сильн*|мощнее всех|strongest|the strongest|which is the strongest|which is the most powerful|most powerful|the most powerful",
    ),
    (
        Means::Biggest,
        "сам* больш*|сам* крупн*|biggest|the biggest|largest|the largest|the big one|biggest one|the biggest one|which is the biggest|which is bigger",
    ),
    (
        Means::Smallest,
        "сам* маленьк*|сам* компактн*|smallest|the smallest|the small one|most compact|the most compact",
    ),
    (Means::Most(Dimension::Length), "сам* длинн*|longest|the longest"),
    (Means::Most(Dimension::Mass), "сам* тяжел*|heaviest|the heaviest"),
    (
        Means::What,
        "какой|какая|какое|какие|какого|какую|what|whats|what's|what is|how many|how much of|сколько у него|сколько у нее",
    ),
    (
        Means::Bye,
        "до свидания|досвидания|до встречи|всего доброго|всего хорошего|bye|goodbye|bye bye|cya|see you|see ya|good night|have a nice day|хорошего дня|ну все пока|все пока|спасибо пока",
    ),
    (Means::Least(Dimension::Power), "сам* слаб*|weakest|the weakest"),
    (Means::Least(Dimension::Mass), "сам* легк*|lightest|the lightest"),
    (Means::Most(Dimension::Volume), "самый большой объем|самый вместительный"),
    (
        Means::Total,
        "come to|that come to|whats that come to|what does that come to|come to altogether|that come to altogether|whats that come to altogether|altogether|how much is that altogether|how much altogether is that|сколько всего получается|сколько получается всего|сколько всего|сколько выйдет|сколько всего выйдет|итого|общая сумма|в сумме|сколько получится|how much in total|how much altogether|how much is it in total|total|in total",
    ),
    (
        Means::More(Dimension::Power),
        "мощнее|помощнее|помощней|мощней|more powerful|stronger|higher power|more power",
    ),
    (Means::Less(Dimension::Power), "послабее|слабее|маломощн*|less powerful|weaker"),
    (Means::Less(Dimension::Mass), "легче|полегче|lighter"),
    (Means::More(Dimension::Mass), "тяжелее|потяжелее|heavier"),
    (Means::More(Dimension::Length), "длиннее|подлиннее|longer"),
    (Means::Less(Dimension::Length), "короче|покороче|shorter"),
    (Means::More(Dimension::Volume), "вместительнее|более вместит*|больше объем|larger capacity"),
    (Means::More(Dimension::Light), "ярче|поярче|brighter"),
    (Means::Bigger, "побольше|больше размер|крупнее|покрупнее|bigger|larger"),
    (Means::Smaller, "поменьше|помельче|меньше размер|smaller|more compact|компактнее|покомпактнее"),
    (
        Means::InStock,
        "можно забрать сейчас|забрать сейчас|забрать сегодня|можно забрать сегодня|pick up today|pick up now|on your shelf|have on the shelf|from stock|in stock now|right now in stock|what you have in stock|on the shelf now|на складе лежит|лежит на складе|лежат на складе|на складе лежат|что на складе|был на складе|была на складе|были на складе|чтобы на складе|в наличии|из наличия|только в наличии|что в наличии|что есть в наличии|которые есть|что есть на складе|только то что есть|only in stock|in stock only|what is in stock",
    ),
    (
        Means::OtherBrand,
        "другой фирмы|другой марки|другого бренда|других фирм|других брендов|другие бренды|другие марки|другие фирмы|other brands|other brand|another brand|different brand|other makes",
    ),
    (
        Means::Further,
        "еще|ещё|еще варианты|еще есть|покажи еще|покажите еще|дальше|другие|другой|другая|другое|других|другую|иные|остальные|следующие|more|more options|others|other|other ones|another|another one|next|something else|anything else|show more|what else|else",
    ),
    (
        Means::Back,
        "верните|верните предыдущие|верни предыдущие|обратно|назад|вернись|вернитесь|вернемся|предыдущ*|back|go back|previous|go back to",
    ),
    (
        Means::Not,
        "не предлагайте|не предлагай|не показывайте|не показывай|не интересует|не интересуют|не подходит|не подходят|не подойдет|не подойдут|не рассматриваю|не|не надо|не нужен|не нужна|не нужно|не нужны|не хочу|not|no|don't want|dont want|i don't want|i dont want",
    ),
    (
        Means::Without,
        "leave out|skip|forget|not interested in|don't show|dont show|исключая|исключите|besides|apart from|помимо|any but|без|without|with no|кроме|только не|но не|except|but not|anything but|other than",
    ),
    (
        Means::Number,
        "номер|номером|под номером|вариант|варианта|позици*|пункт|№|number|no|option|item|position",
    ),
    (
        Means::UpTo,
        "tops out at|budget tops out at|my budget|my budget is|budget is|my limit is|top out at|до|за|не дороже|дешевле чем|в пределах|максимум|не более|не больше|бюджет|бюджете|укладываться в|уложиться в|under|below|up to|within|at most|max|for|less than|around|около|примерно|в районе",
    ),
    (Means::From, "от|хотя бы|дороже чем|не дешевле|минимум|from|over|above|at least"),
    (Means::To, "в|во|на|to|in|into|отправьте в|отправить в|город|г|city"),
    (Means::Yes, "да|ага|угу|ок|окей|yes|yeah|yep|ok|okay|sure"),
    (Means::And, "и|плюс|and|plus|также|тоже|also|too"),
    (Means::Or, "или|либо|or"),
    (
        Means::Filler,
        "don't forget|dont forget|don't forget to|dont forget to|не забудьте|не забудь|себе|tell|tell me|just tell me|out of|that lot|this lot|таких|лежит|лежат|make|lot|the lot|by|понедельник*|вторник*|сред*|четверг*|пятниц*|суббот*|воскресень*|monday|tuesday|wednesday|thursday|friday|saturday|sunday|чем|х|ти|хотя нет|if|though|tops|today|right|right now|now|nothing|mean|i mean|hmm|hm|yet|over|spend|i can spend|get|i get|пожалуй|хотя|все таки|всетаки|раз|прям|прямо|прямо сейчас|чтоб прям|вообще|там|разве|а|ну|вот|же|ли|бы|мне бы|нам|у|с|со|от|из|для|о|об|то есть|между|по|точно|напомни|напомните|чтоб|чтобы|сегодня|сейчас|из списка|там же|переплачивать|переплатить|всего|штучк*|просто|пока|кстати|вообще|вроде|типа|thats all|that's all|that is all|it's|for now|стоит|стоят|fine|good|great|come|comes|included|include|идет|идут|входит|комплекте|хватит|нормально|ой нет|wait|then|точнее|вернее|скажем|примерно так|got it|actually|between|пожалуйста|плиз|пж|пожалста|скажите|скажи|подскажите|подскажи|покажите|покажи|показать|посмотреть|гляну|что|что-то|что нибудь|какой нибудь|какая нибудь|какие нибудь|какую нибудь|можно|можете|можно ли|вас|вы|вам|я|мы|меня|нас|так|там|тут|этот же|такой|такая|такие|такое|такую|такой же|сам|самый|модель|модели|модельк*|товар|товара|штук|штука|подойдет|подходит|пусть|будет|тогда|теперь|ладно|хорошо|окей|только|именно|лучше|очень|интересует|интересуют|интересно|ищу|подберите|подбери|найдите|найди|варианты|вариантов|среди|них|фирмы|бренда|марки|марка|производител*|цвет|цвета|размер|размера|диаметр|мощность|мощностью|на сколько|уже|еще раз|сразу|заодно|плюс|привет|здравствуйте|спасибо|у вас|нету|нет|стоп|погодите|подождите|слушайте|понятно|ясно|if|a|an|the|is|are|do|does|you|your|i|me|my|we|us|please|pls|show|show me|can|could|would|there|which|one|of|with|have|any|some|something|anything|looking for|find|find me|and then|then|just|only|that's|so|hi|hello|thanks|brand|model|color|colour|size|like|want|need|about|от фирмы|by|at|on|be|was|will|how|now|well|really|maybe|еще бы|а вот|ой|эх|эт|который из|из них|of them|of these|from these|among|between|у него|у нее",
    ),
];

/// A phrase as its words, with whether each may go on.
struct Phrase {
    words: Vec<(String, bool)>,
    means: Means,
}

/// Phrases by the first three characters of their first word.
static PHRASES: LazyLock<HashMap<String, Vec<Phrase>>> = LazyLock::new(|| {
    let mut all: HashMap<String, Vec<Phrase>> = HashMap::new();
    for (means, phrases) in TABLE {
        for phrase in phrases.split('|') {
            for phrase in forms(phrase) {
                let words: Vec<_> = phrase
                    .split([' ', '-'])
                    .filter(|word| !word.is_empty())
                    .map(|word| {
                        word.strip_suffix('*')
                            .map_or((word.to_owned(), false), |stem| (stem.to_owned(), true))
                    })
                    .collect();
                if let Some((first, _)) = words.first() {
                    all.entry(key(first)).or_default().push(Phrase { words, means: *means });
                }
            }
        }
    }
    // The longest first: the first that fits is the one that is meant.
    for phrases in all.values_mut() {
        phrases.sort_by_key(|phrase| std::cmp::Reverse((phrase.words.len(), exact(phrase))));
    }
    all
});

/// The forms of a phrase that begins with «самый».
fn forms(phrase: &'static str) -> Vec<String> {
    const MOST: [&str; 9] =
        ["самый", "самая", "самое", "самую", "самого", "самой", "самые", "самому", "самых"];
    match phrase.strip_prefix("сам* ") {
        Some(rest) => MOST.iter().map(|most| format!("{most} {rest}")).collect(),
        None => vec![phrase.to_owned()],
    }
}

/// How exactly a phrase says its words: whole words go before beginnings of words, and longer ones before shorter.
fn exact(phrase: &Phrase) -> (bool, usize) {
    (
        phrase.words.iter().all(|(_, open)| !open),
        phrase.words.iter().map(|(word, _)| word.chars().count()).sum(),
    )
}

fn key(word: &str) -> String {
    word.chars().take(1).collect()
}

/// The longest phrase that begins at the first of these words: what it means and how many words it has. `ё` is written as `е`
/// in them.
pub(super) fn longest(words: &[&str]) -> Option<(Means, usize)> {
    let first = words.first()?;
    let phrases = PHRASES.get(&key(first))?;
    let fits = |phrase: &&Phrase| {
        phrase.words.len() <= words.len()
            && phrase.words.iter().zip(words).all(|((wanted, open), word)| {
                if *open { word.starts_with(wanted.as_str()) } else { *word == wanted }
            })
    };
    phrases.iter().find(fits).map(|phrase| (phrase.means, phrase.words.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_phrase_is_meant() {
        assert_eq!(longest(&["сколько", "на", "складе"]), Some((Means::Stock, 3)));
        assert_eq!(longest(&["сколько", "стоит"]), Some((Means::Price, 2)));
        assert_eq!(longest(&["второй"]), Some((Means::Nth(2), 1)));
        assert_eq!(longest(&["only", "in", "stock"]), Some((Means::InStock, 3)));
        assert_eq!(longest(&["перфоратор"]), None);
        assert_eq!(longest(&[]), None);
    }
}
