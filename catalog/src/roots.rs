//! Russian words of one root that a stemmer keeps apart: a noun and the adjective made of it.

/// Suffixes of adjectives made of nouns, as stems end with them.
const SUFFIXES: [&str; 9] = ["н", "ов", "ев", "ск", "янн", "ян", "ическ", "очн", "ечн"];
/// Minimum number of letters of a root.
const LEAST: usize = 4;

/// Where to look for words of the root of a stem.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Family {
    /// Beginnings that a derived word has, followed by one of the suffixes.
    pub begins: Vec<String>,
    /// Stems of nouns that the word may be made of.
    pub nouns: Vec<String>,
}

/// The family of a Cyrillic stem; empty for other stems and short ones.
pub(super) fn of(stem: &str) -> Family {
    let mut family = Family::default();
    if stem.chars().count() < LEAST || !stem.chars().all(crate::words::is_cyrillic) {
        return family;
    }
    family.begins.push(stem.to_owned());
    // «Ножовка», «ножовочный».
    if let Some(root) = stem.strip_suffix('к').filter(|root| root.chars().count() >= LEAST - 1) {
        family.begins.extend(["оч", "еч"].map(|with| format!("{root}{with}")));
    }
    for suffix in SUFFIXES {
        let Some(root) = stem.strip_suffix(suffix).filter(|root| root.chars().count() >= LEAST) else {
            continue;
        };
        family.nouns.push(root.to_owned());
    }
    family.nouns.extend(root_of_diminutive(stem));
    family
}

/// «Ножовк» of «ножовочн».
fn root_of_diminutive(stem: &str) -> Option<String> {
    let root = stem.strip_suffix("очн").or_else(|| stem.strip_suffix("ечн"))?;
    (root.chars().count() >= LEAST - 1).then(|| format!("{root}к"))
}

/// Whether a stem is a beginning and one of the suffixes.
pub(super) fn is_derived(stem: &str, begin: &str) -> bool {
    stem.strip_prefix(begin).is_some_and(|rest| SUFFIXES.contains(&rest) || rest == "к")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_and_its_adjective_are_one_family() {
        let noun = of("ножовк");
        assert!(noun.begins.iter().any(|begin| is_derived("ножовочн", begin)), "{noun:?}");
        assert!(noun.begins.iter().any(|begin| is_derived("ножовочк", begin)), "{noun:?}");
        assert!(of("ножовочн").nouns.contains(&"ножовк".to_owned()));
        assert!(of("насосн").nouns.contains(&"насос".to_owned()));
        assert!(of("насос").begins.iter().any(|begin| is_derived("насосн", begin)));
        assert!(!is_derived("насосист", "насос"));
        assert_eq!((of("вод"), of("drill")), (Family::default(), Family::default()));
    }
}
