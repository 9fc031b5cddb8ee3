//! Runs the examples of the scalar functions, as rows and as results, through an evaluator of constant
//! formulas: calls, literals, unary minus, `/` and `>`.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array,
    StringViewArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Float64Type, Int64Type};

use super::operators::{Arithmetic, Comparison, arithmetic, comparison};
use super::{Env, clock, result_type, row_type, scalar};
use crate::model::signature::ArgType;
use crate::model::types::{Type, Unit};
use crate::model::typing;

const ENV: Env = Env { timezone: chrono_tz::Europe::Madrid };

struct Evaluator<'a> {
    text: &'a str,
    results: bool,
}

type Value = (ArgType, ArrayRef);

impl Evaluator<'_> {
    fn eat(&mut self, token: &str) -> bool {
        self.text = self.text.trim_start();
        let rest = self.text.strip_prefix(token);
        self.text = rest.unwrap_or(self.text);
        rest.is_some()
    }

    fn take(&mut self, keep: impl Fn(char) -> bool) -> String {
        self.text = self.text.trim_start();
        let end = self.text.find(|c| !keep(c)).unwrap_or(self.text.len());
        let (word, rest) = self.text.split_at(end);
        self.text = rest;
        word.to_owned()
    }

    fn data_type(&self, ty: Type) -> DataType {
        if self.results { result_type(ty) } else { row_type(ty) }
    }

    fn comparison(&mut self) -> Value {
        let left = self.quotient();
        if !self.eat(">") {
            return left;
        }
        let right = self.quotient();
        typing::comparison((left.0.ty, &left.0.unit), (right.0.ty, &right.0.unit)).unwrap();
        let (ty, unit) = (Type::Boolean, crate::model::types::Unit::none());
        let array = comparison::compare(Comparison::Gt, &left.1, &right.1, self.results, &ENV).unwrap();
        (ArgType { ty, unit, integer: None }, array)
    }

    fn quotient(&mut self) -> Value {
        let mut left = self.operand();
        while self.eat("/") {
            let right = self.operand();
            let (ty, unit) =
                typing::arithmetic(Arithmetic::Div, (left.0.ty, &left.0.unit), (right.0.ty, &right.0.unit))
                    .unwrap();
            let array =
                arithmetic::apply(Arithmetic::Div, &left.1, &right.1, &self.data_type(ty), &ENV).unwrap();
            left = (ArgType { ty, unit, integer: None }, array);
        }
        left
    }

    fn operand(&mut self) -> Value {
        if self.eat("-") {
            let (arg, array) = self.operand();
            let array = arithmetic::neg(&array, &self.data_type(arg.ty)).unwrap();
            return (ArgType { integer: arg.integer.map(|n| -n), ..arg }, array);
        }
        if self.eat("\"") {
            let text = self.take_raw('"');
            return self.literal(Type::Text, None, Arc::new(StringViewArray::from(vec![text])));
        }
        let word = self.take(|c| c.is_alphanumeric() || "_.-:".contains(c));
        if self.eat("(") {
            let mut args = vec![self.comparison()];
            while self.eat(",") {
                args.push(self.comparison());
            }
            assert!(self.eat(")"), "closing: {}", self.text);
            return self.call(&word, &args);
        }
        if word.contains('T') {
            let local: chrono::NaiveDateTime = format!("{word}:00").parse().unwrap();
            let at = clock::LocalClock::new(ENV.timezone).instant(local.and_utc().timestamp_micros());
            let array = TimestampMicrosecondArray::from(vec![at]).with_timezone("UTC");
            self.literal(Type::Timestamp, None, Arc::new(array))
        } else if word.contains('-') {
            let day = clock::day_number(word.parse().unwrap());
            self.literal(Type::Date, None, Arc::new(Date32Array::from(vec![day])))
        } else if let Some((whole, fraction)) = word.split_once('.') {
            let digits: i128 = format!("{whole}{fraction}").parse().unwrap();
            let scale = fraction.len() as u8;
            let array = Decimal128Array::from(vec![digits]);
            let array = array.with_precision_and_scale(38, scale as i8).unwrap();
            self.literal(Type::Decimal(scale), None, Arc::new(array))
        } else {
            let number: i64 = word.parse().unwrap_or_else(|_| panic!("number: {word}"));
            let array: ArrayRef = if self.results {
                let array = Decimal128Array::from(vec![i128::from(number)]);
                Arc::new(array.with_precision_and_scale(38, 0).unwrap())
            } else {
                Arc::new(Int64Array::from(vec![number]))
            };
            self.literal(Type::Integer, Some(number), array)
        }
    }

    fn take_raw(&mut self, end: char) -> String {
        let (text, rest) = self.text.split_once(end).unwrap();
        self.text = rest;
        text.to_owned()
    }

    #[allow(clippy::unused_self)]
    fn literal(&self, ty: Type, integer: Option<i64>, array: ArrayRef) -> Value {
        (ArgType { ty, unit: Unit::none(), integer }, array)
    }

    fn call(&self, name: &str, args: &[Value]) -> Value {
        let scalar = scalar::find(name).unwrap_or_else(|| panic!("function {name}"));
        let (types, arrays): (Vec<ArgType>, Vec<ArrayRef>) = args.iter().cloned().unzip();
        let (least, most) = scalar.signature.arity();
        assert!(types.len() >= least && most.is_none_or(|most| types.len() <= most), "arity of {name}");
        let (ty, unit) = (scalar.signature.infer)(&types).unwrap();
        let out = self.data_type(ty);
        let array = (scalar.kernel)(&arrays, 1, &out, &ENV).unwrap();
        assert_eq!(array.data_type(), &out, "{name}");
        // A column without rows works as well, and so does a missing argument.
        let none: Vec<ArrayRef> = arrays.iter().map(|a| a.slice(0, 0)).collect();
        assert_eq!((scalar.kernel)(&none, 0, &out, &ENV).unwrap().data_type(), &out, "{name} of no rows");
        let missing: Vec<ArrayRef> =
            arrays.iter().map(|a| arrow::array::new_null_array(a.data_type(), 1)).collect();
        let nothing = (scalar.kernel)(&missing, 1, &out, &ENV).unwrap();
        assert_eq!((nothing.data_type(), nothing.null_count()), (&out, 1), "{name} of missing");
        (ArgType { ty, unit, integer: None }, array)
    }
}

fn show(array: &ArrayRef) -> String {
    if array.is_null(0) {
        return "missing".to_owned();
    }
    match array.data_type() {
        DataType::Int64 => array.as_primitive::<Int64Type>().value(0).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(0).to_string(),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(0),
        DataType::Boolean => array.as_any().downcast_ref::<BooleanArray>().unwrap().value(0).to_string(),
        DataType::Date32 => clock::calendar(array.as_primitive::<Date32Type>().value(0)).unwrap().to_string(),
        DataType::Utf8View => array.as_string_view().value(0).to_owned(),
        other => panic!("{other}"),
    }
}

#[test]
fn examples_of_scalar_functions_hold() {
    for scalar in scalar::ALL {
        assert!(scalar.signature.examples.len() >= 2, "{}", scalar.signature.name);
        for example in scalar.signature.examples {
            for results in [false, true] {
                let mut evaluator = Evaluator { text: example.formula, results };
                let (_, array) = evaluator.comparison();
                assert_eq!(evaluator.text, "", "{}", example.formula);
                assert_eq!(show(&array), example.result, "{} results: {results}", example.formula);
            }
        }
    }
}

#[test]
fn floats_are_cleaned_everywhere() {
    let array: ArrayRef = Arc::new(Float64Array::from(vec![-0.0]));
    for name in ["abs", "floor", "ceil", "round"] {
        let result = (scalar::find(name).unwrap().kernel)(&[Arc::clone(&array)], 1, &DataType::Float64, &ENV);
        assert_eq!(result.unwrap().as_primitive::<Float64Type>().value(0).to_bits(), 0, "{name}");
    }
}
