//! Search cases: matching, filters, facets, paging.

use tolmach_engine::{
    catalog::{
        ArticleMatch,
        Comparison::{Eq, Ge, Gt, Le, Lt, Ne},
        Facet, Field, NearArticle, SearchRequest,
    },
    language::Language,
    measure::Dimension,
};

use super::{CatalogFixture, articles, first, number, passing, product, request, sorted, text, tools};

pub(crate) async fn finds_words_in_any_form(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    first(place, "перфораторы SDS-Max", "RH-1500").await;
    first(place, "погружного насоса", "PS-400").await;
    first(place, "cordless drills 18V", "DC-18").await;
    first(place, "шуруповерт на 18 вольт", "DC-18").await;
    first(place, "18в шуруповёрт", "DC-18").await;
    first(place, "pumps submersible", "PS-400").await;
    // Filler words around the product words do not change the results.
    let plain = place.search(request("перфоратор")).await;
    assert_eq!(sorted(&plain), ["RH-1500", "RH-800"]);
    for chatty in ["Здравствуйте, нужен перфоратор до 10 тысяч", "есть ли у вас перфораторы?"]
    {
        assert_eq!(place.search(request(chatty)).await, plain, "{chatty}");
    }
}

pub(crate) async fn forgives_typing_errors(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    first(place, "перфаратор 800 Вт", "RH-800").await;
    first(place, "presure washer", "HW-1").await;
    first(place, "подшип", "Т91204").await;
    first(place, "электронасос 400 Вт", "PS-400").await;
    // A number that is one error away is shown as such, never as the one asked for.
    let similar = place.search(request("Т91205")).await.hits;
    let near = NearArticle { code: "Т91205".to_owned(), by: ArticleMatch::Similar };
    assert!(similar.iter().all(|hit| hit.near.as_ref() == Some(&near) && hit.score < 0.9), "{similar:?}");
    assert!(similar.iter().any(|hit| hit.product.article == "Т91204"), "{similar:?}");
    let begun = place.search(request("RH-15")).await.hits;
    assert_eq!(begun.len(), 1, "{begun:?}");
    assert_eq!(begun[0].near.as_ref().map(|near| near.by), Some(ArticleMatch::Beginning));
}

pub(crate) async fn finds_articles_in_every_spelling(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    for spelling in
        ["Т91204", "T91204", "t-912 04", " т91204? ", "есть ли у вас T91204 в наличии", "подшипник Т 91204"]
    {
        let results = place.search(request(spelling)).await;
        let first = results.hits.first().unwrap();
        assert_eq!((first.product.article.as_str(), first.score), ("Т91204", 1.0), "{spelling}");
    }
    // Leading zeros are significant in article numbers.
    assert_eq!(articles(&place.search(request("091204")).await), ["091204"]);
    assert_eq!(articles(&place.search(request("91204")).await), ["91204"]);
    // An amount of money is not an article number, even if one looks the same.
    let amount = place.search(request("перфоратор до 91204 руб")).await;
    assert!(!articles(&amount).contains(&"91204".to_owned()));
}

pub(crate) async fn lists_rows_named_by_article_first(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    let wanted = request("DC-12 HW-1 перфоратор");
    let whole = place.search(wanted.clone()).await;
    assert_eq!(articles(&whole)[..2], ["DC-12", "HW-1"]);
    assert_eq!((sorted(&whole).len(), whole.total), (4, 4), "{whole:?}");
    assert!(whole.hits[..2].iter().all(|hit| hit.score == 1.0));
    // Paging runs through rows named by article number and rows found by words.
    let mut paged = Vec::new();
    for offset in 0..5 {
        let page = place.search(SearchRequest { limit: 1, offset, ..wanted.clone() }).await;
        assert_eq!(page.total, 4);
        paged.extend(page.hits);
    }
    assert_eq!(paged, whole.hits);
    // Filters also apply to rows named by article number.
    assert_eq!(passing(place, "RH-1500", vec![number(Field::Stock, Gt, 0.0)]).await, [""; 0]);
}

pub(crate) async fn finds_nothing_for_unknown_products(place: &dyn CatalogFixture) {
    let generation = place.import("tools", tools()).await;
    for nonsense in ["абвгдейка", "zzqx", "QX-99871", "?!", "", "что есть в наличии?"]
    {
        let results = place.search(request(nonsense)).await;
        assert_eq!((results.hits.len(), results.total), (0, 0), "{nonsense}");
        assert_eq!(results.generation, generation);
    }
}

pub(crate) async fn scores_by_the_share_of_the_words(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    let whole = place.search(request("погружной насос")).await;
    assert_eq!(articles(&whole)[0], "PS-400");
    assert!(whole.hits[0].score > 0.99, "{whole:?}");
    // Only half of the words are known: the score shows it, and a flow can ask a clarifying question.
    let half = place.search(request("насос космический")).await;
    assert_eq!(articles(&half)[0], "PS-400");
    assert!(half.hits.iter().all(|hit| hit.score < 0.7 && hit.score > 0.1), "{half:?}");
    // No row has both words; some have one.
    let parts = place.search(request("перфоратор прокладка")).await;
    assert!(parts.total > 0 && parts.hits.iter().all(|hit| hit.score < 0.9), "{parts:?}");
}

pub(crate) async fn filters_by_columns(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    let price = |comparison, value| vec![number(Field::Price, comparison, value)];
    assert_eq!(passing(place, "перфоратор", price(Le, 10_000.0)).await, ["RH-800"]);
    assert_eq!(passing(place, "", price(Ge, 10_900.0)).await, ["HW-1", "RH-1500"]);
    assert_eq!(passing(place, "", price(Gt, 10_900.0)).await, ["RH-1500"]);
    assert_eq!(passing(place, "", price(Lt, 90.0)).await, ["91204"]);
    assert_eq!(passing(place, "", price(Eq, 90.0)).await, ["091204"]);
    assert_eq!(passing(place, "перфоратор", vec![number(Field::Stock, Gt, 0.0)]).await, ["RH-800"]);
    assert_eq!(passing(place, "", vec![number(Field::Stock, Eq, 0.0)]).await, ["RH-1500"]);
    // A row without the column passes only "not equal".
    assert_eq!(passing(place, "станция", price(Ne, 1.0)).await, ["PB-600"]);
    assert_eq!(passing(place, "станция", price(Ge, 0.0)).await, [""; 0]);
    assert_eq!(passing(place, "", price(Ne, 90.0)).await.len(), 9);
    // All filters must hold.
    let both = vec![number(Field::Price, Le, 5000.0), number(Field::Stock, Ge, 3.0)];
    assert_eq!(passing(place, "", both).await, ["091204", "91204", "Т91204"]);
}

pub(crate) async fn filters_by_texts(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    assert_eq!(passing(place, "", vec![text(Field::Brand, Eq, "гидрумак")]).await, ["PB-600", "PS-400"]);
    assert_eq!(passing(place, "", vec![text(Field::Brand, Eq, "никто")]).await, [""; 0]);
    assert_eq!(passing(place, "", vec![text(Field::Brand, Ne, "Гидрумак")]).await.len(), 8);
    assert_eq!(passing(place, "", vec![text(Field::Brand, Ne, "никто")]).await.len(), 10);
    assert_eq!(passing(place, "", vec![text(Field::Category, Eq, "насос")]).await, ["PB-600", "PS-400"]);
    let hammers = vec![text(Field::Category, Eq, "rotary hammers")];
    assert_eq!(passing(place, "", hammers).await, ["RH-1500", "RH-800"]);
    assert_eq!(passing(place, "", vec![text(Field::Category, Ne, "Насосы")]).await.len(), 8);
    assert_eq!(passing(place, "", vec![text(Field::Article, Eq, "t-91204")]).await, ["Т91204"]);
    assert_eq!(passing(place, "", vec![text(Field::Article, Ne, "t-91204")]).await.len(), 9);
    // Quotes, operators and wildcards in a value are plain text.
    for odd in ["\" OR brand EXISTS OR brand = \"", "' OR 1 = 1", "*", "\\", "a\nb", "Гидрумак\""] {
        assert_eq!(
            passing(place, "", vec![text(Field::Attribute("Цвет".into()), Eq, odd)]).await,
            [""; 0],
            "{odd}"
        );
        assert_eq!(passing(place, "", vec![text(Field::Article, Eq, odd)]).await, [""; 0], "{odd}");
        assert_eq!(
            passing(place, "", vec![text(Field::Attribute(odd.into()), Eq, "Красный")]).await,
            [""; 0],
            "{odd}"
        );
    }
}

pub(crate) async fn filters_by_measures_and_attributes(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    let power = |comparison, value| vec![number(Field::Measure(Dimension::Power), comparison, value)];
    // Units are converted: «1,5 кВт» is 1500 W.
    assert_eq!(passing(place, "", power(Eq, 1500.0)).await, ["RH-1500"]);
    assert_eq!(passing(place, "", power(Ge, 800.0)).await, ["RH-1500", "RH-800"]);
    assert_eq!(passing(place, "", power(Lt, 600.0)).await, ["PS-400"]);
    assert_eq!(passing(place, "", power(Ne, 800.0)).await.len(), 9);
    let volume = vec![number(Field::Measure(Dimension::Volume), Gt, 0.0)];
    assert_eq!(passing(place, "", volume).await, ["PB-600"]);
    let depth =
        |comparison, value| vec![number(Field::Attribute("глубина Погружения".into()), comparison, value)];
    assert_eq!(passing(place, "", depth(Ge, 7.0)).await, ["PB-600", "PS-400"]);
    assert_eq!(passing(place, "", depth(Eq, 7.5)).await, ["PS-400"]);
    assert_eq!(passing(place, "", depth(Ne, 7.5)).await.len(), 9);
    let colour = |comparison, value| vec![text(Field::Attribute("цвет".into()), comparison, value)];
    assert_eq!(passing(place, "", colour(Eq, "красный")).await, ["PS-400", "RH-1500"]);
    assert_eq!(passing(place, "", colour(Eq, "тёмно синий")).await, ["RH-800"]);
    assert_eq!(passing(place, "", colour(Ne, "красный")).await.len(), 8);
    let unknown = vec![text(Field::Attribute("нет такой".into()), Eq, "красный")];
    assert_eq!(passing(place, "", unknown).await, [""; 0]);
}

pub(crate) async fn lists_what_passes_filters(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    // The text holds nothing but what the filters express: all rows that pass are listed.
    let cheap = vec![number(Field::Price, Le, 100.0)];
    assert_eq!(passing(place, "что есть до 5 тысяч", cheap.clone()).await, ["091204", "91204"]);
    assert_eq!(passing(place, "", cheap).await, ["091204", "91204"]);
    // Neither words nor filters: no results.
    assert_eq!(place.search(request("")).await.total, 0);
    let similar_words = SearchRequest { semantic_ratio: 1.0, ..request("") };
    assert_eq!(place.search(similar_words).await.total, 0);
}

pub(crate) async fn pages_without_overlap(place: &dyn CatalogFixture) {
    let many = (0..95).map(|n| product(&format!("N{n:03}"), "Насос бытовой", "Pump", 100.0, 1.0)).collect();
    place.import("many", many).await;
    let in_stock = vec![number(Field::Stock, Gt, 0.0)];
    for (text, filters) in [("насос", vec![]), ("", in_stock.clone()), ("бытовые насосы", in_stock)]
    {
        for limit in [10, 7] {
            let mut seen = Vec::new();
            for offset in (0..100).step_by(limit) {
                let (limit, offset) = (limit as u32, offset as u32);
                let page = SearchRequest { filters: filters.clone(), limit, offset, ..request(text) };
                let results = place.search(page).await;
                assert_eq!(results.total, 95, "{text} from {offset}");
                seen.extend(articles(&results));
            }
            assert_eq!(seen.len(), 95, "{text}");
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), 95, "{text}");
        }
    }
    let past = place.search(SearchRequest { offset: 1000, ..request("насос") }).await;
    assert_eq!((past.hits.len(), past.total), (0, 95));
    // A page at any offset equals the same slice of a longer page.
    let long = place.search(SearchRequest { limit: 60, ..request("насос") }).await;
    let middle = place.search(SearchRequest { limit: 13, offset: 31, ..request("насос") }).await;
    assert_eq!(middle.hits, long.hits[31..44]);
}

pub(crate) async fn finds_by_vectors(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    let wrong = "перфоратозавр";
    assert_eq!(place.search(request(wrong)).await.total, 0);
    let by_vectors = place.search(SearchRequest { semantic_ratio: 1.0, ..request(wrong) }).await;
    assert!(articles(&by_vectors)[0].starts_with("RH-"), "{by_vectors:?}");
    assert!(by_vectors.hits.iter().all(|hit| hit.score > 0.0 && hit.score <= 1.0));
    // Rows below the similarity threshold are not found, and filters apply.
    assert!(by_vectors.total < 10, "{by_vectors:?}");
    let cheap = vec![number(Field::Price, Le, 10_000.0)];
    let cheap = place.search(SearchRequest { semantic_ratio: 1.0, filters: cheap, ..request(wrong) }).await;
    assert_eq!(articles(&cheap)[0], "RH-800");
    assert!(cheap.hits.iter().all(|hit| hit.product.price.unwrap() <= 10_000.0));
    // An unknown code is not matched by similarity.
    let code = place.search(SearchRequest { semantic_ratio: 0.5, ..request("QX-99871") }).await;
    assert_eq!(code.total, 0);
}

pub(crate) async fn mixes_words_and_vectors(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    for semantic_ratio in [0.3, 0.5] {
        let mixed = place.search(SearchRequest { semantic_ratio, ..request("погружной насос") }).await;
        assert_eq!(articles(&mixed)[0], "PS-400");
        // Vector similarity does not lower the keyword score.
        assert!(mixed.hits[0].score > 0.99, "{mixed:?}");
        let mut all = sorted(&mixed);
        all.dedup();
        assert_eq!(all.len(), mixed.hits.len(), "no row twice");
    }
    let unknown = place.search(SearchRequest { semantic_ratio: 0.5, ..request("перфоратозавр") }).await;
    assert!(articles(&unknown)[0].starts_with("RH-"), "{unknown:?}");
    let named = place.search(SearchRequest { semantic_ratio: 0.5, ..request("T91204") }).await;
    assert_eq!(articles(&named), ["Т91204"]);
}

pub(crate) async fn accepts_any_text(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    let long = "насос ".repeat(700);
    for hostile in [
        "\"",
        "\"насос",
        "-насос",
        "насос -погружной",
        "'; DROP TABLE rows; --",
        "насос AND OR NOT",
        "\u{0}\u{1}",
        "*:*",
        "насос\u{200b}",
        "🛠🛠🛠 насос",
        "((((((((((",
        "\\\\\\",
        "<script>насос</script>",
        "%D0%BD",
        "насос^2~",
        "ﷺ",
        &long,
        "один два три четыре пять шесть семь восемь девять десять одиннадцать насос",
    ] {
        for semantic_ratio in [0.0, 0.5, 1.0] {
            let results = place.search(SearchRequest { semantic_ratio, ..request(hostile) }).await;
            assert!(results.hits.len() as u64 <= results.total, "{hostile}");
        }
    }
    assert!(place.search(request("насос -погружной")).await.total > 0, "a dash excludes nothing");
    first(place, "\"насос погружной\"", "PS-400").await;
}

pub(crate) async fn counts_facets(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    let colour = Field::Attribute("Цвет".into());
    let facets = vec![
        Field::Brand,
        Field::Category,
        colour.clone(),
        Field::Price,
        Field::Stock,
        Field::Measure(Dimension::Power),
    ];
    let cheap = vec![number(Field::Price, Gt, 0.0)];
    let counted = place.search(SearchRequest { facets, filters: cheap, limit: 1, ..request("") }).await;
    let values =
        |pairs: &[(&str, u64)]| pairs.iter().map(|(name, rows)| ((*name).to_owned(), *rows)).collect();
    let of = |field, values, range| Facet { field, values, range };
    assert_eq!(counted.total, 9);
    assert_eq!(
        counted.facets,
        [
            of(Field::Brand, values(&[("Korvund", 1), ("Stavrek", 1), ("Гидрумак", 1)]), None),
            of(Field::Category, values(&[("Перфораторы и отбойные молотки", 2), ("Насосы", 1)]), None),
            of(colour, values(&[("Красный", 2), ("Тёмно-синий", 1)]), None),
            of(Field::Price, vec![], Some((80.0, 42_900.0))),
            of(Field::Stock, vec![], Some((0.0, 12.0))),
            of(Field::Measure(Dimension::Power), vec![], Some((400.0, 1500.0))),
        ]
    );
    let english = SearchRequest { language: Language::En, facets: vec![Field::Category], ..request("pump") };
    let counted = place.search(english).await;
    assert_eq!(counted.facets, [of(Field::Category, values(&[("Pumps", 2)]), None)]);
}

pub(crate) async fn counts_facets_over_all_that_match(place: &dyn CatalogFixture) {
    place.import("tools", tools()).await;
    let facets = vec![Field::Brand, Field::Price];
    // Facets count rows named by article number and rows found by words together.
    let both = SearchRequest { facets: facets.clone(), limit: 1, ..request("PS-400 перфоратор") };
    for offset in [0, 1, 2, 3] {
        let counted = place.search(SearchRequest { offset, ..both.clone() }).await;
        assert_eq!(counted.total, 3);
        let mut names: Vec<&str> = counted.facets[0].values.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["Korvund", "Stavrek", "Гидрумак"], "from {offset}");
        assert_eq!(counted.facets[1].range, Some((4190.0, 42_900.0)), "from {offset}");
    }
    // No results: facets without values.
    for nothing in ["zzqx", ""] {
        let counted = place.search(SearchRequest { facets: facets.clone(), ..request(nothing) }).await;
        assert_eq!(counted.facets.len(), 2, "{nothing}");
        assert!(
            counted.facets.iter().all(|facet| facet.values.is_empty() && facet.range.is_none()),
            "{nothing}"
        );
    }
}

pub(crate) async fn finds_similar_rows(place: &dyn CatalogFixture) {
    let mut tools = tools();
    let (ru, en) = ("Дрель-шуруповёрт аккумуляторная ударная 21 В", "Cordless hammer drill driver 21 V");
    tools.push(product("DC-21", ru, en, 12_900.0, 2.0));
    place.import("tools", tools).await;
    let like = |id: &str| SearchRequest { similar_to: Some(id.into()), ..request("") };
    let similar = place.search(like("tools/DC-18")).await;
    // The order of these two is not specified.
    assert_eq!(sorted(&similar)[..2], ["DC-12", "DC-21"], "{similar:?}");
    assert!(articles(&similar)[..2].iter().all(|article| article.starts_with("DC-")), "{similar:?}");
    assert!(!articles(&similar).contains(&"DC-18".to_owned()), "the row itself is left out");
    assert!(similar.hits.iter().all(|hit| hit.score > 0.0 && hit.score <= 1.0));
    assert_eq!(similar.total, similar.hits.len() as u64);
    let cheap = vec![number(Field::Price, Gt, 10_000.0)];
    let filtered = place.search(SearchRequest { filters: cheap, ..like("tools/RH-800") }).await;
    assert_eq!(articles(&filtered)[0], "RH-1500");
    assert!(filtered.hits.iter().all(|hit| hit.product.price.unwrap() > 10_000.0));
    // Paging applies to similar rows as well.
    let second = place.search(SearchRequest { limit: 1, offset: 1, ..like("tools/DC-18") }).await;
    assert_eq!((second.hits.as_slice(), second.total), (&similar.hits[1..2], similar.total));
    assert_eq!(place.search(like("tools/none")).await.total, 0);
}
