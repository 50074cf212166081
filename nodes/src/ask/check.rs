//! What of a question is checked when it is compiled.

use tolmach_engine::{
    diagnostic::Code,
    measure::{self, Dimension},
    scope::{Scope, Sets},
    slot::Type,
    typed::Money,
};

use super::{Ask, Pattern};
use crate::labels;

impl Ask {
    /// Checks the fields of a question.
    pub(super) fn check_fields(&self, scope: &mut Scope<'_>) {
        scope.text(&self.text);
        let answers: Vec<Type> = Type::PLAIN.into_iter().chain([Type::Size]).collect();
        scope.sets(&self.into, &answers, if self.optional { Sets::Maybe } else { Sets::OnExits(&["done"]) });
        scope.buttons(self.choices.len() + 1, self.text.span());
        if let Some(name) = &self.name_into {
            scope.sets(name, &[Type::Contact], Sets::Maybe);
        }
        if let Some(remark) = &self.remark {
            scope.sets(remark, &[Type::Text], Sets::Maybe);
            if self.choices.is_empty()
                && scope.slot_type(&self.into).is_some_and(|kind| kind != Type::Boolean)
            {
                let message = "`remark` is for choices and for slots of type boolean".to_owned();
                scope.report(Code::BadValue, remark.span, message, "remove the field, or add `choices`");
            }
        }
        if let Some(error) = &self.error {
            scope.text(error);
        }
        labels::check(
            self.choices.iter().flat_map(|choice| choice.also.0.iter().chain([&choice.label])),
            scope,
        );
        for choice in &self.choices {
            scope.label(&choice.label);
            choice.also.0.iter().for_each(|word| scope.text(word));
        }
        if let Some(Pattern(source, regex)) = &self.pattern
            && let Err(why) = &regex.value
        {
            let message = format!("`{source}` is not a regular expression: {why}");
            let help = "fix the expression; a `\\` before a bracket or a dot takes it as it is written";
            scope.report(Code::BadValue, regex.span, message, help);
        }
        if scope.slot_type(&self.into).is_some_and(|kind| kind != Type::Text) {
            let wrong = self.choices.first().map(|choice| ("choices", choice.value.span));
            let wrong = wrong.or(self.pattern.as_ref().map(|pattern| ("pattern", pattern.1.span)));
            if let Some((field, span)) = wrong {
                let message = format!(
                    "`{field}` is for slots of type text, and the slot `{}` is of another",
                    self.into.value
                );
                scope.report(
                    Code::WrongSlotType,
                    span,
                    message,
                    "use a slot of type text, or remove the field",
                );
            }
        }
        self.check_unit(scope);
        self.limits().check(&self.into, scope);
        for (i, choice) in self.choices.iter().enumerate() {
            if self.choices[..i].iter().any(|before| before.value == choice.value) {
                let message = format!("the choice `{}` is there twice", choice.value.value);
                scope.report(
                    Code::BadValue,
                    choice.value.span,
                    message,
                    "give each choice a value of its own",
                );
            }
        }
        scope.count("attempts", &self.attempts, 1..=10);
    }

    /// Checks the unit of a number, a size or an amount.
    fn check_unit(&self, scope: &mut Scope<'_>) {
        let Some(unit) = &self.unit else { return };
        if scope.slot_type(&self.into) == Some(Type::Money) {
            if let Err(why) = Money::new(0.0, unit) {
                scope.report(Code::BadValue, unit.span, why, "write the code of a currency: RUB, USD, EUR");
            }
            return;
        }
        let Some((dimension, _)) = measure::unit_of(unit) else {
            let message = format!("`{}` is no unit", unit.value);
            let help = "write one of mm, cm, m, in, kg, g, l, m3, W, kW, V, A, bar, or its Russian name";
            scope.report(Code::BadValue, unit.span, message, help);
            return;
        };
        let kind = scope.slot_type(&self.into);
        if kind == Some(Type::Size) && dimension != Dimension::Length {
            let message = format!("a size has sides, and `{}` is no unit of length", unit.value);
            scope.report(Code::BadValue, unit.span, message, "write mm, cm, m or in");
        } else if kind.is_some_and(|kind| !matches!(kind, Type::Number | Type::Size)) {
            let message = format!(
                "`unit` is for slots of type number, size or money, and the slot `{}` is of another",
                self.into.value
            );
            scope.report(
                Code::WrongSlotType,
                unit.span,
                message,
                "use a slot of type number, or remove the field",
            );
        }
    }
}
