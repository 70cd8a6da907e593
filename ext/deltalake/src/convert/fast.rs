//! Thin wrappers over Ruby's C API for the hot paths; the only unsafe code of `convert`.
//!
//! Nothing here keeps a value: values live on the machine stack, where Ruby's GC sees and pins them. The functions that
//! are not protected can raise nothing but `NoMemoryError`.

use std::ffi::{c_char, c_int, c_long};

use magnus::rb_sys::{AsRawValue, FromRawValue, protect};
use magnus::value::{ReprValue, StaticSymbol};
use magnus::{Error, RArray, RHash, RString, Ruby, Value};
use rb_sys::{RB_BUILTIN_TYPE, VALUE, ruby_special_consts, ruby_value_type as T};

/// `rb_time_timespec_new` takes this in place of an offset for a Time in UTC.
const UTC_OFFSET: c_int = c_int::MAX - 1;

/// What a Ruby value is, as its tag bits and header tell without a method call.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Nil,
    Boolean(bool),
    /// An Integer of 62 bits at most.
    Fixnum(i64),
    Bignum,
    Float(f64),
    String,
    Symbol,
    Array,
    Hash,
    /// An object in C, such as Time, Date and BigDecimal.
    Data,
    Other,
}

/// The shape of `value`.
#[inline]
pub(super) fn shape(value: Value) -> Shape {
    let raw = value.as_raw();
    if rb_sys::FIXNUM_P(raw) {
        return Shape::Fixnum((raw as i64) >> 1);
    }
    if rb_sys::SPECIAL_CONST_P(raw) {
        return match raw {
            NIL => Shape::Nil,
            TRUE => Shape::Boolean(true),
            FALSE => Shape::Boolean(false),
            _ if rb_sys::FLONUM_P(raw) => Shape::Float(float(raw)),
            _ if rb_sys::STATIC_SYM_P(raw) => Shape::Symbol,
            _ => Shape::Other,
        };
    }
    // SAFETY: `raw` is no special constant, so that it points to a live object with a header.
    match unsafe { RB_BUILTIN_TYPE(raw) } {
        T::RUBY_T_STRING => Shape::String,
        T::RUBY_T_FLOAT => Shape::Float(float(raw)),
        T::RUBY_T_BIGNUM => Shape::Bignum,
        T::RUBY_T_SYMBOL => Shape::Symbol,
        T::RUBY_T_ARRAY => Shape::Array,
        T::RUBY_T_HASH => Shape::Hash,
        T::RUBY_T_DATA => Shape::Data,
        _ => Shape::Other,
    }
}

const NIL: VALUE = ruby_special_consts::RUBY_Qnil as VALUE;
const TRUE: VALUE = ruby_special_consts::RUBY_Qtrue as VALUE;
const FALSE: VALUE = ruby_special_consts::RUBY_Qfalse as VALUE;
const UNDEF: VALUE = ruby_special_consts::RUBY_Qundef as VALUE;

#[inline]
fn float(raw: VALUE) -> f64 {
    // SAFETY: callers checked that it is a Float.
    unsafe { rb_sys::rb_float_value(raw) }
}

#[inline]
fn wrap(raw: VALUE) -> Value {
    // SAFETY: every caller passes what Ruby just returned or a special constant.
    unsafe { Value::from_raw(raw) }
}

/// `nil`.
#[inline]
pub(super) fn nil() -> Value {
    wrap(NIL)
}

/// `true` or `false`.
#[inline]
pub(super) fn boolean(value: bool) -> Value {
    wrap(if value { TRUE } else { FALSE })
}

/// An Integer.
#[inline]
pub(super) fn integer(value: i64) -> Value {
    // SAFETY: takes any number.
    wrap(unsafe { rb_sys::rb_ll2inum(value) })
}

/// A Float.
#[inline]
pub(super) fn float_new(value: f64) -> Value {
    // SAFETY: takes any number.
    wrap(unsafe { rb_sys::rb_float_new(value) })
}

/// A Symbol that no GC frees or moves, which is why it alone may outlive a call.
#[derive(Clone, Copy)]
pub(crate) struct Key(VALUE);

impl Key {
    /// The Symbol of that name, made permanent.
    pub(super) fn new(ruby: &Ruby, name: &str) -> Self {
        Self(StaticSymbol::from(ruby.intern(name)).as_raw())
    }

    /// The Symbol.
    #[inline]
    pub(super) fn value(self) -> Value {
        wrap(self.0)
    }
}

/// A new UTF-8 String.
#[inline]
pub(super) fn utf8(text: &str) -> Value {
    // SAFETY: pointer and length are of one slice, which Ruby copies.
    wrap(unsafe { rb_sys::rb_utf8_str_new(text.as_ptr().cast::<c_char>(), text.len() as c_long) })
}

/// The one frozen UTF-8 String of that text, as keys of a Hash are.
#[inline]
pub(super) fn interned(text: &str) -> Value {
    // SAFETY: pointer and length are of one slice, which Ruby copies.
    wrap(unsafe {
        rb_sys::rb_enc_interned_str(text.as_ptr().cast::<c_char>(), text.len() as c_long, rb_sys::rb_utf8_encoding())
    })
}

/// A new ASCII-8BIT String.
#[inline]
pub(super) fn binary(bytes: &[u8]) -> Value {
    // SAFETY: pointer and length are of one slice, which Ruby copies.
    wrap(unsafe { rb_sys::rb_str_new(bytes.as_ptr().cast::<c_char>(), bytes.len() as c_long) })
}

/// A Time in UTC.
#[inline]
pub(super) fn time_utc(micros: i64) -> Value {
    time(micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000) * 1_000)
}

/// A Time in UTC, of nanoseconds.
pub(super) fn time_utc_nanos(nanos: i64) -> Value {
    time(nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000))
}

#[inline]
fn time(seconds: i64, nanos: i64) -> Value {
    let at = rb_sys::timespec { tv_sec: seconds as _, tv_nsec: nanos as _ };
    // SAFETY: `at` is a valid timespec that lives through the call.
    wrap(unsafe { rb_sys::rb_time_timespec_new(&raw const at, UTC_OFFSET) })
}

/// Seconds since 1970 and nanoseconds of a real `Time`; raises where they do not fit.
pub(super) fn time_parts(time: Value) -> Result<(i64, i64), Error> {
    let mut parts = (0, 0);
    protect(|| {
        // SAFETY: protected, and no value with a destructor is alive in this closure.
        let at = unsafe { rb_sys::rb_time_timespec(time.as_raw()) };
        parts = (at.tv_sec as i64, at.tv_nsec as i64);
        NIL
    })?;
    Ok(parts)
}

/// Whether `value` is of `class` or below, whatever its `is_a?` says.
#[inline]
pub(super) fn kind_of(value: Value, class: Value) -> bool {
    // SAFETY: both are live; `class` is a class.
    let (raw, class) = (value.as_raw(), class.as_raw());
    unsafe { rb_sys::rb_obj_class(raw) == class || rb_sys::rb_obj_is_kind_of(raw, class) == TRUE }
}

/// An Integer as `i128`, or `None` where it has more bits.
pub(super) fn wide_integer(value: Value) -> Option<i128> {
    let mut words = [0u64; 2];
    let flags = rb_sys::INTEGER_PACK_LSWORD_FIRST | rb_sys::INTEGER_PACK_NATIVE_BYTE_ORDER | rb_sys::INTEGER_PACK_2COMP;
    // SAFETY: the caller's value is an Integer, and the buffer holds two words of eight bytes.
    let sign = unsafe { rb_sys::rb_integer_pack(value.as_raw(), words.as_mut_ptr().cast(), 2, 8, 0, flags as c_int) };
    let number = (u128::from(words[0]) | u128::from(words[1]) << 64) as i128;
    // ±2 says overflow; with two's complement the sign bit must agree too.
    match sign {
        -1 if number < 0 => Some(number),
        1 if number > 0 => Some(number),
        0 => Some(0),
        _ => None,
    }
}

/// The bytes of a String, copied out by `read` before Ruby runs again.
#[inline]
pub(super) fn with_bytes<R>(string: Value, read: impl FnOnce(&[u8]) -> R) -> R {
    let raw = string.as_raw();
    // SAFETY: the caller's value is a String; `read` is Rust code that calls no Ruby, so the bytes stay.
    let result = unsafe {
        let (start, len) = (rb_sys::RSTRING_PTR(raw).cast::<u8>(), rb_sys::RSTRING_LEN(raw) as usize);
        read(if len == 0 { &[] } else { std::slice::from_raw_parts(start, len) })
    };
    std::hint::black_box(raw);
    result
}

/// A copy of the bytes of a String.
pub(crate) fn bytes_of(string: RString) -> Vec<u8> {
    with_bytes(string.as_value(), <[u8]>::to_vec)
}

/// Whether the String's encoding is UTF-8, US-ASCII or ASCII-8BIT, whose bytes can be taken as they are.
#[inline]
pub(super) fn is_bytewise(string: Value) -> bool {
    // SAFETY: the caller's value is a String.
    let index = unsafe { rb_sys::rb_enc_get_index(string.as_raw()) };
    // Ruby fixes these numbers for its built-in encodings: ASCII-8BIT, UTF-8, US-ASCII.
    (0..=2).contains(&index)
}

/// A new Hash.
#[inline]
pub(super) fn hash_new() -> Value {
    // SAFETY: no arguments.
    wrap(unsafe { rb_sys::rb_hash_new() })
}

/// Puts `key, value, key, value …` into `hash`; the keys are Symbols.
#[inline]
pub(super) fn insert_symbols(hash: Value, pairs: &[Value]) {
    // SAFETY: `Value` is transparent over VALUE, and hashing a Symbol calls no Ruby method.
    unsafe { rb_sys::rb_hash_bulk_insert(pairs.len() as c_long, pairs.as_ptr().cast::<VALUE>(), hash.as_raw()) }
}

/// Puts `key, value, key, value …` into `hash`; keys that are Strings are frozen.
pub(super) fn insert(hash: Value, pairs: &[Value]) -> Result<(), Error> {
    protect(|| {
        insert_symbols(hash, pairs);
        NIL
    })
    .map(drop)
}

/// How many pairs `hash` has.
#[inline]
pub(super) fn hash_len(hash: RHash) -> usize {
    // SAFETY: an RHash is a Hash.
    unsafe { rb_sys::rb_hash_size_num(hash.as_raw()) as usize }
}

/// Looks up each key, as Symbol or as String, and hands over what is there; says how many were.
#[inline]
pub(super) fn lookup(
    hash: RHash,
    keys: &[Key],
    strings: bool,
    mut set: impl FnMut(usize, Value),
) -> Result<usize, Error> {
    let mut found = 0;
    let raw = hash.as_raw();
    protect(|| {
        for (index, key) in keys.iter().enumerate() {
            // SAFETY: protected, since a key of the row's own may have an `eql?` that raises; nothing here has a destructor.
            let value = unsafe {
                let key = key.0;
                rb_sys::rb_hash_lookup2(raw, if strings { rb_sys::rb_sym2str(key) } else { key }, UNDEF)
            };
            if value != UNDEF {
                found += 1;
                set(index, wrap(value));
            }
        }
        NIL
    })?;
    Ok(found)
}

/// A new Array with room for `capacity` elements.
#[inline]
pub(super) fn array_new(capacity: usize) -> Value {
    // SAFETY: Ruby checks the number.
    wrap(unsafe { rb_sys::rb_ary_new_capa(capacity as c_long) })
}

/// Appends to an Array that this crate made and nobody froze.
#[inline]
pub(super) fn array_push(array: Value, value: Value) {
    // SAFETY: the array is unfrozen and live.
    unsafe { rb_sys::rb_ary_push(array.as_raw(), value.as_raw()) };
}

/// The Array's length now; Ruby code that ran meanwhile may have changed it.
#[inline]
pub(super) fn array_len(array: RArray) -> usize {
    // SAFETY: an RArray is an Array.
    unsafe { rb_sys::RARRAY_LEN(array.as_raw()) as usize }
}

/// The element at `index`, nil past the end.
#[inline]
pub(super) fn array_entry(array: RArray, index: usize) -> Value {
    // SAFETY: an RArray is an Array, and the call checks the index.
    wrap(unsafe { rb_sys::rb_ary_entry(array.as_raw(), index as c_long) })
}

/// Sets the element at `index` of an Array that this crate made and nobody froze.
#[inline]
pub(super) fn array_store(array: RArray, index: usize, value: Value) {
    // SAFETY: the array is unfrozen and live, and Ruby grows it where needed.
    unsafe { rb_sys::rb_ary_store(array.as_raw(), index as c_long, value.as_raw()) }
}

/// Makes sure that all `values` are on the machine stack up to here.
#[inline]
pub(super) fn keep_all(values: &[Value]) {
    std::hint::black_box(values.as_ptr());
}

/// Makes sure that `value` is on the machine stack up to here.
#[inline]
pub(super) fn keep(value: impl ReprValue) {
    std::hint::black_box(value.as_value().as_raw());
}
