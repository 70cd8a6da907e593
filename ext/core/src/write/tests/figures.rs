//! How long writing takes, and how much memory.

use std::time::Instant;

use super::*;

fn six_columns() -> Schema {
    StructType {
        fields: vec![
            field("id", DataType::Long),
            field("name", DataType::String),
            field("score", DataType::Double),
            field("at", DataType::Timestamp),
            field("flag", DataType::Boolean),
            field("price", DataType::Decimal(DecimalType::new(12, 2).unwrap())),
        ],
    }
}

fn six(rows: i64) -> RecordBatch {
    let mix = |i: i64| (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let names: StringArray = (0..rows).map(|i| Some(format!("name-{}", mix(i) % 1_000_000))).collect();
    let scores = Float64Array::from_iter_values((0..rows).map(|i| mix(i) as f64 / 1e9));
    let times = TimestampMicrosecondArray::from_iter_values((0..rows).map(|i| 1_700_000_000_000_000 + i * 1_000_003));
    let flags: BooleanArray = (0..rows).map(|i| Some(mix(i) % 3 == 0)).collect();
    let prices = Decimal128Array::from_iter_values((0..rows).map(|i| i128::from(mix(i) % 100_000)));
    batch(
        &six_columns(),
        vec![
            longs(0..rows),
            Arc::new(names),
            Arc::new(scores),
            Arc::new(times.with_timezone("UTC")),
            Arc::new(flags),
            Arc::new(prices.with_precision_and_scale(12, 2).unwrap()),
        ],
    )
}

#[tokio::test]
#[ignore = "a measurement"]
async fn three_rows() {
    let storage = Storage::in_memory().unwrap();
    let rows = six(3);
    let mut times = Vec::new();
    for _ in 0..500 {
        let start = Instant::now();
        let mut writer = writer(&six_columns(), &[], &storage, None);
        writer.write(rows.clone()).await.unwrap();
        let adds = writer.finish().await.unwrap().into_adds();
        times.push(start.elapsed());
        assert_eq!(adds.len(), 1);
    }
    times.sort();
    println!("3 rows x 6 columns: median {:?}, 95 % {:?}", times[250], times[475]);
}

#[tokio::test]
#[ignore = "a measurement"]
async fn a_million_rows() {
    let rows = six(1_000_000);
    for size in [1_000, 10_000, 100_000, 1_000_000] {
        let storage = Storage::in_memory().unwrap();
        let start = Instant::now();
        let mut writer = writer(&six_columns(), &[], &storage, None);
        for offset in (0..1_000_000).step_by(size) {
            writer.write(rows.slice(offset, size)).await.unwrap();
        }
        let written = writer.finish().await.unwrap();
        let elapsed = start.elapsed();
        println!("1,000,000 rows in batches of {size}: {elapsed:?}, {} bytes", written.bytes);
        written.delete().await.unwrap();
    }
    let indexed =
        stats::Indexed::new(&six_columns(), usize::MAX, &properties(&[]), crate::schema::ColumnMapping::None, &[]);
    let mut stats = stats::StatsCollector::new(&indexed);
    let start = Instant::now();
    stats.update(&rows).unwrap();
    println!("of which statistics: {:?}", start.elapsed());
}

#[tokio::test]
#[ignore = "a measurement"]
async fn a_hundred_open_encoders() {
    let storage = Storage::in_memory().unwrap();
    let mut schema = six_columns();
    schema.fields.push(field("p", DataType::Long));
    let mut columns = six(200_000).columns().to_vec();
    columns.push(longs((0..200_000).map(|i| i % 100)));
    let rows = batch(&schema, columns);
    let before = resident();
    let start = Instant::now();
    let options = WriteOptions { max_buffered_bytes: 1 << 40, ..WriteOptions::new(&properties(&[])) };
    let mut writer = writer(&schema, &["p"], &storage, Some(options));
    for round in 1..=15 {
        writer.write(rows.clone()).await.unwrap();
        if round % 3 == 0 {
            println!(
                "100 partitions, {} rows each: +{} KiB resident, {} KiB counted, after {:?}",
                round * 2_000,
                (resident() - before) / 1024,
                writer.buffered_bytes() / 1024,
                start.elapsed()
            );
        }
    }
    let written = writer.finish().await.unwrap();
    println!("finished after {:?}, {} files of {} bytes", start.elapsed(), written.adds.len(), written.bytes);
    written.delete().await.unwrap();
}

#[tokio::test]
#[ignore = "a measurement"]
async fn a_thousand_partitions() {
    let storage = Storage::in_memory().unwrap();
    let rows = six(3_000);
    let keys: StringArray = (0..3_000).map(|i| Some(format!("{}", i % 1_000))).collect();
    let mut schema = six_columns();
    schema.fields.push(field("p", DataType::String));
    let mut columns = rows.columns().to_vec();
    columns.push(Arc::new(keys));
    let rows = batch(&schema, columns);
    for batches in [1, 30] {
        let before = resident();
        let start = Instant::now();
        let mut writer = writer(&schema, &["p"], &storage, None);
        for _ in 0..batches {
            writer.write(rows.clone()).await.unwrap();
        }
        let (open, counted, wrote) = (resident(), writer.buffered_bytes(), start.elapsed());
        let written = writer.finish().await.unwrap();
        println!(
            "1,000 partitions, {batches} x 3 rows each: +{} KiB resident, {} KiB counted, written in {wrote:?}, \
             finished after {:?}, {} files of {} bytes",
            (open - before) / 1024,
            counted / 1024,
            start.elapsed(),
            written.adds.len(),
            written.bytes
        );
        written.delete().await.unwrap();
    }
}

fn resident() -> i64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<i64>().unwrap() * 4096
}
