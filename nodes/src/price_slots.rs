//! Slots that hold the bounds on the price which the client named.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tolmach_engine::{
    catalog::{Comparison, Field, Filter, FilterValue},
    kind::Fault,
    scope::{Scope, Sets},
    slot::Type,
    span::Spanned,
    turn_context::TurnContext,
};

use crate::extract;

/// Number or money slots for the bounds on the price.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceSlots {
    /// The slot for the lower bound.
    #[serde(default)]
    #[schemars(extend("x-names" = "slot"))]
    pub(crate) min: Option<Spanned<String>>,
    /// The slot for the upper bound.
    #[serde(default)]
    #[schemars(extend("x-names" = "slot"))]
    pub(crate) max: Option<Spanned<String>>,
}

/// The currency of a bound in a slot of type money: that of price lists that name none.
const CURRENCY: &str = "RUB";

impl PriceSlots {
    pub(crate) fn check(&self, scope: &mut Scope<'_>) {
        for slot in [&self.min, &self.max].into_iter().flatten() {
            scope.sets(slot, &[Type::Number, Type::Money], Sets::Maybe);
        }
    }

    /// Whether any slot is named.
    pub(crate) fn named(&self) -> bool {
        self.min.is_some() || self.max.is_some()
    }

    /// Puts the bounds that a search has into the slots; a bound that it does not have unsets its slot, and so does one that
    /// the slot does not take.
    ///
    /// # Errors
    /// A slot that the flow does not declare.
    pub(crate) fn keep(&self, turn: &mut TurnContext<'_>, filters: &[Filter]) -> Result<(), Fault> {
        let bound = |upper: bool| {
            filters.iter().find_map(|filter| match (filter.comparison, &filter.value) {
                (Comparison::Le | Comparison::Lt, FilterValue::Number(value)) if upper => {
                    Some((filter, *value))
                }
                (Comparison::Ge | Comparison::Gt, FilterValue::Number(value)) if !upper => {
                    Some((filter, *value))
                }
                _ => None,
            })
        };
        let price =
            |upper| bound(upper).filter(|(filter, _)| filter.field == Field::Price).map(|(_, value)| value);
        for (slot, value) in [(&self.min, price(false)), (&self.max, price(true))] {
            let Some(slot) = slot else { continue };
            let declaration = turn.slot_declaration(slot)?;
            let value = match (value, declaration.kind) {
                (None, _) => Value::Null,
                (Some(amount), Type::Money) => json!({ "amount": amount, "currency": CURRENCY }),
                (Some(amount), _) => extract::whole_or_not(amount),
            };
            match declaration.accept(value.clone()) {
                Ok(_) => turn.set_slot(slot, value)?,
                Err(why) => {
                    turn.note(format!(
                        "fault: the slot `{}` does not take the bound on the price: {why}",
                        slot.value
                    ));
                    turn.set_slot(slot, Value::Null)?;
                }
            }
        }
        Ok(())
    }
}
