//! Exchange rates: which plans need them, the table that rates are found in, and the call that finds one
//! for each row.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, lit};

use super::columns::Inputs;
use super::lower::Lowering;
use super::{Ground, ScanGroup, udf};
use crate::functions::arrays::{dates, texts};
use crate::functions::{Failure, row_type};
use crate::model::expr::{Kind, RowExpr, Value};
use crate::model::project::{ColumnRef, Model};
use crate::model::rates::{RateSource, RateTarget};
use crate::model::types::Type;

/// Rates in the storage of their type, by target, currency and day.
#[derive(Debug)]
pub struct Rates {
    /// The rates; the first is 1.
    values: ArrayRef,
    targets: HashMap<String, HashMap<String, Course>>,
}

/// The rates of one currency into one target.
#[derive(Debug, Default)]
struct Course {
    /// Since when, in order.
    days: Vec<i32>,
    /// Their places among the values.
    places: Vec<u32>,
}

/// One rate of the data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate {
    /// The target.
    pub to: String,
    /// The currency.
    pub currency: String,
    /// Since when.
    pub day: i32,
    /// Its place among the values.
    pub place: u32,
}

impl Rates {
    /// From values of which the first is 1, and rates one of which there is for a target, currency and day.
    pub fn new(values: ArrayRef, mut rates: Vec<Rate>) -> Self {
        rates.sort();
        let mut targets: HashMap<String, HashMap<String, Course>> = HashMap::new();
        for rate in rates {
            let course = targets.entry(rate.to).or_default().entry(rate.currency).or_default();
            course.days.push(rate.day);
            course.places.push(rate.place);
        }
        Self { values, targets }
    }

    /// The latest rate on or before each day; 1 for the target itself, whatever the day.
    fn find(&self, to: &str, currencies: &ArrayRef, days: &ArrayRef) -> Result<ArrayRef, Failure> {
        let courses = self.targets.get(to);
        let (currencies, days) = (texts(currencies)?, dates(days)?);
        let places: UInt32Array = currencies
            .iter()
            .zip(days.iter())
            .map(|(currency, day)| {
                let currency = currency?;
                if currency == to {
                    return Some(0);
                }
                let (course, day) = (courses?.get(currency)?, day?);
                let after = course.days.partition_point(|d| *d <= day);
                Some(course.places[after.checked_sub(1)?])
            })
            .collect();
        take(&self.values, &places, None).map_err(|e| Failure::Internal(e.to_string()))
    }
}

impl RateSource {
    /// The columns that rates are read from: currency, target, rate, day; then the key that names rows.
    pub fn columns(&self, model: &Model) -> Vec<ColumnRef> {
        let target = if let RateTarget::Column(to) = self.to { Some(to) } else { None };
        let own = [Some(self.currency), target, Some(self.rate), Some(self.time)];
        let key = model.source(self.source).key.iter().copied();
        let all = own.into_iter().flatten().chain(key);
        all.map(|column| ColumnRef { hops: Vec::new(), column }).collect()
    }
}

/// Whether some groups convert amounts; the columns of rates are read then.
pub(super) fn add<'g>(
    model: &Model,
    mut groups: impl Iterator<Item = &'g ScanGroup>,
    ground: &mut Ground,
) -> bool {
    let Some(rates) = model.rates.as_ref().filter(|_| groups.any(|g| converts(model, g))) else {
        return false;
    };
    let mut read = Inputs::new(model, rates.source);
    read.borders(&[]);
    for column in rates.columns(model) {
        read.column(&column);
    }
    ground.inputs(model, &read);
    true
}

fn converts(model: &Model, group: &ScanGroup) -> bool {
    group.measures.iter().any(|id| model.measure_converts(&model.measures[id.0]))
}

impl Lowering<'_> {
    /// A call of the internal function `rate`.
    pub(super) fn rate(&self, args: &[RowExpr], ty: Type) -> Expr {
        let out = row_type(ty);
        let [currency, target, on] = args else { return lit(ScalarValue::Null) };
        let Kind::Literal(Value::Text(to)) = &target.kind else { return lit(ScalarValue::Null) };
        let day = self.expr(on);
        let day = if on.ty == Type::Timestamp { self.local_day(day) } else { day };
        let (rates, target) = (self.stores.rates.clone(), to.clone());
        let kernel = move |args: &[ArrayRef], _: usize| {
            let rates = rates.as_ref();
            let rates = rates.ok_or_else(|| Failure::Internal("rates that were not read".to_owned()))?;
            rates.find(&target, &args[0], &args[1])
        };
        udf::call(format!("rate[{to}]"), self.env(), out, Arc::new(kernel), vec![self.expr(currency), day])
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray, Date32Array, Int64Array, StringViewArray};
    use arrow::datatypes::Int64Type;

    use super::*;

    #[test]
    fn the_latest_rate_on_or_before_the_day() {
        let rate = |currency: &str, day, place| Rate {
            to: "EUR".to_owned(),
            currency: currency.to_owned(),
            day,
            place,
        };
        let values: ArrayRef = Arc::new(Int64Array::from(vec![1, 20, 10, 7]));
        let rates = Rates::new(values, vec![rate("USD", 20, 1), rate("USD", 10, 2), rate("SEK", 0, 3)]);
        let found = |to: &str, currency: Option<&str>, day: Option<i32>| {
            let currency: ArrayRef = Arc::new(StringViewArray::from(vec![currency]));
            let day: ArrayRef = Arc::new(Date32Array::from(vec![day]));
            let found = rates.find(to, &currency, &day).unwrap();
            found.is_valid(0).then(|| found.as_primitive::<Int64Type>().value(0))
        };
        assert_eq!(found("EUR", Some("USD"), Some(9)), None);
        assert_eq!(found("EUR", Some("USD"), Some(10)), Some(10));
        assert_eq!(found("EUR", Some("USD"), Some(19)), Some(10));
        assert_eq!(found("EUR", Some("USD"), Some(9999)), Some(20));
        assert_eq!(found("EUR", Some("EUR"), None), Some(1));
        assert_eq!(found("EUR", Some("NOK"), Some(10)), None);
        assert_eq!(found("EUR", None, Some(10)), None);
        assert_eq!(found("EUR", Some("USD"), None), None);
        assert_eq!(found("USD", Some("EUR"), Some(10)), None);
        assert_eq!(found("USD", Some("USD"), Some(10)), Some(1));
    }
}
