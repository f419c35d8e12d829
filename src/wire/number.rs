//! The one place that turns protobuf doubles into integers and back.
//!
//! A `Struct` knows only IEEE doubles. Every integral double within the range
//! of the wanted type is accepted, also beyond 2^53: such a double is itself
//! exact, and whether its writer rounded it before is unknowable here.

use super::Error;

/// Up to here every integer is a double of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// An integer type that a number can be read as.
pub(super) trait Integer: TryFrom<i128> {
    const MIN: i128;
    const MAX: i128;
}

macro_rules! integers {
    ($($name:ident)*) => {
        $(impl Integer for $name {
            const MIN: i128 = $name::MIN as i128;
            const MAX: i128 = $name::MAX as i128;
        })*
    };
}
integers!(i8 i16 i32 i64 u8 u16 u32 u64 i128);

/// The number as an integer of type `T`, if it is one and fits.
pub(super) fn integer<T: Integer>(number: f64) -> Result<T, Error> {
    whole(number).and_then(|whole| T::try_from(whole).ok()).ok_or_else(|| refuse::<T>(number))
}

#[cold]
fn refuse<T: Integer>(number: f64) -> Error {
    let range = format!("a whole number from {} to {}", T::MIN, T::MAX);
    let integral = number.is_finite() && number.fract() == 0.0;
    Error::mismatch(if integral { &range } else { "a whole number" }, &text(number))
}

/// The number, unless it is not one: NaN and the infinities have no JSON form.
pub(super) fn finite(number: f64) -> Result<f64, Error> {
    if number.is_finite() {
        Ok(number)
    } else {
        Err(Error::mismatch("a finite number", &text(number)))
    }
}

/// The number as an integer when nothing at all is lost, for readers that take
/// any value.
pub(super) fn exact_integer(number: f64) -> Option<i64> {
    if number.abs() > EXACT {
        return None;
    }
    whole(number).and_then(|whole| i64::try_from(whole).ok())
}

/// The integer as a double, if one is exactly equal to it.
pub(super) fn to_double(integer: i128) -> Result<f64, Error> {
    #[expect(clippy::cast_precision_loss, reason = "checked right below")]
    let number = integer as f64;
    if whole(number) == Some(integer) {
        Ok(number)
    } else {
        Err(Error::new(format!("{integer} cannot be written as a number without rounding it")))
    }
}

/// The number in decimal digits, as short as they identify it.
pub(super) fn text(number: f64) -> String {
    if let Some(integer) = exact_integer(number) {
        integer.to_string()
    } else if number.is_infinite() {
        if number > 0.0 { "infinity" } else { "-infinity" }.to_owned()
    } else {
        format!("{number:?}")
    }
}

/// The number as an integer if it is integral, up to the bounds of `i128`.
fn whole(number: f64) -> Option<i128> {
    // The conversion saturates and turns NaN into 0: comparing back tells.
    #[expect(clippy::cast_possible_truncation, reason = "checked right below")]
    let whole = number as i128;
    #[expect(clippy::cast_precision_loss, reason = "integral doubles survive the round trip")]
    let back = whole as f64;
    #[expect(clippy::float_cmp, reason = "exact equality is the question")]
    let integral = back == number;
    // i128::MAX rounds up to 2^127, which it is not.
    (integral && whole != i128::MAX).then_some(whole)
}
