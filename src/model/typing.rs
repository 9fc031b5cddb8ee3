//! The types and units of operators' results: one table for rows and results. What is not in it is
//! an error when rules are checked.

use super::expr::Arith;
use super::types::{Type, Unit};

/// Why two operands do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Their types.
    Types,
    /// Their units.
    Units,
    /// The product has more digits after the point than a decimal holds.
    Digits,
}

/// A type and unit, or why there is none.
pub type Typed = Result<(Type, Unit), Misfit>;

/// The type of numbers of two types together.
pub fn common_number(left: Type, right: Type) -> Option<Type> {
    use Type::{Decimal, Float, Integer, Unknown};
    Some(match (left, right) {
        (Unknown, _) | (_, Unknown) => Unknown,
        (Integer, Integer) => Integer,
        (Decimal(a), Decimal(b)) => Decimal(a.max(b)),
        (Decimal(a), Integer) | (Integer, Decimal(a)) => Decimal(a),
        (Float, b) if b.is_number() => Float,
        (a, Float) if a.is_number() => Float,
        _ => return None,
    })
}

/// `left op right`.
pub fn arithmetic(op: Arith, left: (Type, &Unit), right: (Type, &Unit)) -> Typed {
    use Type::{Date, Decimal, Duration, Float, Integer, Timestamp, Unknown};
    let (lt, lu) = left;
    let (rt, ru) = right;
    if lt == Unknown || rt == Unknown {
        return Ok((Unknown, Unit::none()));
    }
    let none = Unit::none;
    if let Some(common) = common_number(lt, rt) {
        return match op {
            Arith::Add | Arith::Sub => Ok((common, lu.meet(ru).ok_or(Misfit::Units)?)),
            Arith::Mul => {
                let ty = match (lt, rt) {
                    (Integer, Integer) => Integer,
                    (Float, _) | (_, Float) => Float,
                    (a, b) => {
                        let scale = scale(a) + scale(b);
                        if scale > 38 {
                            return Err(Misfit::Digits);
                        }
                        Decimal(scale)
                    }
                };
                Ok((ty, lu.times(ru)))
            }
            Arith::Div => Ok((Float, lu.over(ru))),
            // Whole powers of a unit would need the exponent's value; a unit under a power is dropped
            // only where there is none.
            Arith::Pow if lu.is_strict() || ru.is_strict() => Err(Misfit::Units),
            Arith::Pow => Ok((Float, none())),
        };
    }
    Ok(match (op, lt, rt) {
        (Arith::Sub, Date | Timestamp, Date | Timestamp) => (Duration, none()),
        (Arith::Add | Arith::Sub, Date, Duration) => (Timestamp, none()),
        (Arith::Add | Arith::Sub, Timestamp, Duration) => (Timestamp, none()),
        (Arith::Add, Duration, Date | Timestamp) => (Timestamp, none()),
        (Arith::Add | Arith::Sub, Duration, Duration) => (Duration, none()),
        (Arith::Mul, Duration, b) if b.is_number() && !ru.is_strict() => (Duration, none()),
        (Arith::Mul, a, Duration) if a.is_number() && !lu.is_strict() => (Duration, none()),
        (Arith::Div, Duration, b) if b.is_number() && !ru.is_strict() => (Duration, none()),
        (Arith::Div, Duration, Duration) => (Float, none()),
        _ => return Err(Misfit::Types),
    })
}

/// Digits after the point of a number's type.
pub fn scale(ty: Type) -> u8 {
    if let Type::Decimal(s) = ty { s } else { 0 }
}

/// Whether two values can be compared.
pub fn comparison(left: (Type, &Unit), right: (Type, &Unit)) -> Result<(), Misfit> {
    let (lt, lu) = left;
    let (rt, ru) = right;
    let fits = lt == Type::Unknown
        || rt == Type::Unknown
        || lt == rt
        || common_number(lt, rt).is_some()
        || (lt.is_time() && rt.is_time());
    if !fits {
        return Err(Misfit::Types);
    }
    if lt.is_number() && rt.is_number() && lu.meet(ru).is_none() {
        return Err(Misfit::Units);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn euros_and_dollars_do_not_meet() {
        let (eur, usd) = (Unit::declared("EUR"), Unit::declared("USD"));
        let n = Type::Decimal(2);
        assert_eq!(arithmetic(Arith::Add, (n, &eur), (n, &usd)), Err(Misfit::Units));
        assert_eq!(arithmetic(Arith::Add, (n, &eur), (Type::Integer, &Unit::none())), Ok((n, eur.clone())));
        assert_eq!(arithmetic(Arith::Div, (n, &eur), (n, &eur)), Ok((Type::Float, Unit::none())));
        let per = arithmetic(Arith::Div, (n, &eur), (Type::Integer, &Unit::counted("account"))).unwrap();
        assert_eq!(per.1.to_string(), "EUR / account");
        assert_eq!(comparison((n, &eur), (n, &usd)), Err(Misfit::Units));
        assert_eq!(comparison((Type::Text, &Unit::none()), (n, &eur)), Err(Misfit::Types));
    }

    #[test]
    fn decimals_keep_their_digits() {
        let no = Unit::none();
        let d = Type::Decimal;
        assert_eq!(arithmetic(Arith::Mul, (d(2), &no), (d(4), &no)).unwrap().0, d(6));
        assert_eq!(arithmetic(Arith::Add, (d(2), &no), (d(4), &no)).unwrap().0, d(4));
        assert_eq!(arithmetic(Arith::Mul, (d(20), &no), (d(20), &no)), Err(Misfit::Digits));
        assert_eq!(arithmetic(Arith::Sub, (Type::Date, &no), (Type::Date, &no)).unwrap().0, Type::Duration);
    }
}
