//! The forms of Arrow's lists as one: offsets, and the elements of the lists that are there.

use arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::take;
use arrow::datatypes::DataType as Arrow;

use super::refusal::damaged;
use crate::ingest::Misfit;

/// Lists whose elements follow each other without gaps; null lists have none.
pub(super) struct Lists {
    pub(super) offsets: OffsetBuffer<i32>,
    pub(super) values: ArrayRef,
    pub(super) nulls: Option<NullBuffer>,
}

/// The lists of `array`; `None` where its type is no list. Maps are lists of their entries.
pub(super) fn lists(array: &dyn Array) -> Result<Option<Lists>, Misfit> {
    Ok(Some(match array.data_type() {
        Arrow::List(_) => {
            let list = array.as_list::<i32>();
            let offsets = list.value_offsets();
            gather(array, list.values(), |i| offsets[i] as usize..offsets[i + 1] as usize)?
        }
        Arrow::LargeList(_) => {
            let list = array.as_list::<i64>();
            let offsets = list.value_offsets();
            gather(array, list.values(), |i| offsets[i] as usize..offsets[i + 1] as usize)?
        }
        Arrow::Map(..) => {
            let map = array.as_map();
            let offsets = map.value_offsets();
            let entries: ArrayRef = std::sync::Arc::new(map.entries().clone());
            gather(array, &entries, |i| offsets[i] as usize..offsets[i + 1] as usize)?
        }
        Arrow::ListView(_) => {
            let list = array.as_list_view::<i32>();
            gather(array, list.values(), |i| {
                let start = list.value_offset(i) as usize;
                start..start + list.value_size(i) as usize
            })?
        }
        Arrow::LargeListView(_) => {
            let list = array.as_list_view::<i64>();
            gather(array, list.values(), |i| {
                let start = list.value_offset(i) as usize;
                start..start + list.value_size(i) as usize
            })?
        }
        Arrow::FixedSizeList(..) => {
            let list = array.as_fixed_size_list();
            let size = list.value_length() as usize;
            gather(array, list.values(), |i| i * size..(i + 1) * size)?
        }
        _ => return Ok(None),
    }))
}

fn gather(
    array: &dyn Array,
    values: &ArrayRef,
    range: impl Fn(usize) -> std::ops::Range<usize>,
) -> Result<Lists, Misfit> {
    let nulls = array.nulls().cloned();
    let ranges = (0..array.len()).map(|i| if array.is_valid(i) { range(i) } else { 0..0 });
    let ranges: Vec<_> = ranges.collect();
    let total: usize = ranges.iter().map(ExactSizeIterator::len).sum();
    if i32::try_from(total).is_err() {
        return Err(Misfit::because(
            "its lists have more than 2,147,483,647 elements in one batch: send smaller batches",
        ));
    }
    let offsets = OffsetBuffer::from_lengths(ranges.iter().map(ExactSizeIterator::len));
    let mut filled = ranges.iter().filter(|r| !r.is_empty());
    let start = filled.next().map_or(0, |r| r.start);
    let mut end = start;
    let adjacent = ranges.iter().filter(|r| !r.is_empty()).all(|r| std::mem::replace(&mut end, r.end) == r.start);
    let values = if adjacent {
        values.slice(start, total)
    } else {
        let indices: UInt64Array = ranges.into_iter().flatten().map(|i| i as u64).collect();
        take(values, &indices, None).map_err(damaged)?
    };
    Ok(Lists { offsets, values, nulls })
}
