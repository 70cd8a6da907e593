//! Values that are dear to make and immutable in Ruby, shared between the rows of a batch.

use magnus::value::{LazyId, ReprValue};
use magnus::{Error, RArray, Ruby, Value};

use crate::convert::classes::Classes;
use crate::convert::{decimal, fast};

/// How many dates and how many decimals are remembered; a newer one takes the place of an older.
const SLOTS: usize = 512;

/// 1970-01-01 as a Julian day.
pub(in crate::convert) const EPOCH_JULIAN_DAY: i64 = 2_440_588;

static JD: LazyId = LazyId::new("jd");
static BIG_DECIMAL: LazyId = LazyId::new("BigDecimal");

/// Recent Dates and BigDecimals. It must stay on the stack: `holder` is what keeps them from the GC.
pub(in crate::convert) struct Memo<'r> {
    ruby: &'r Ruby,
    classes: Classes,
    /// Dates in the first slots, BigDecimals in the rest.
    holder: RArray,
    days: Vec<Option<i32>>,
    decimals: Vec<Option<(i128, u8)>>,
}

impl<'r> Memo<'r> {
    /// Empty.
    pub(in crate::convert) fn new(ruby: &'r Ruby) -> Result<Self, Error> {
        let classes = Classes::get(ruby)?;
        Ok(Self { ruby, classes, holder: ruby.ary_new(), days: Vec::new(), decimals: Vec::new() })
    }

    /// Marks the end of its life, so that the holder is on the stack up to here.
    pub(in crate::convert) fn keep(&self) {
        fast::keep(self.holder);
    }

    /// The Date of `day` since 1970-01-01.
    pub(in crate::convert) fn date(&mut self, day: i32) -> Result<Value, Error> {
        if self.days.is_empty() {
            self.days.resize(SLOTS, None);
        }
        let slot = day as usize % SLOTS;
        if self.days[slot] == Some(day) {
            return Ok(fast::array_entry(self.holder, slot));
        }
        let julian = fast::integer(i64::from(day) + EPOCH_JULIAN_DAY);
        let date = self.classes.date.funcall(*JD, (julian, self.classes.gregorian))?;
        fast::array_store(self.holder, slot, date);
        self.days[slot] = Some(day);
        Ok(date)
    }

    /// The BigDecimal `unscaled × 10^-scale`.
    pub(in crate::convert) fn decimal(&mut self, unscaled: i128, scale: u8) -> Result<Value, Error> {
        if self.decimals.is_empty() {
            self.decimals.resize(SLOTS, None);
        }
        let mixed = (unscaled as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let slot = mixed as usize % SLOTS;
        if self.decimals[slot] == Some((unscaled, scale)) {
            return Ok(fast::array_entry(self.holder, SLOTS + slot));
        }
        let text = fast::utf8(decimal::write(unscaled, scale).as_str());
        let number = self.ruby.module_kernel().funcall(*BIG_DECIMAL, (text,))?;
        fast::array_store(self.holder, SLOTS + slot, number);
        self.decimals[slot] = Some((unscaled, scale));
        Ok(number)
    }
}
