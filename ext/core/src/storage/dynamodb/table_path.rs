//! What a table is called in its entries: the address under which its writers have it, as Hadoop writes a path.

use object_store::path::Path;

/// The names that a table at `root` of `bucket` may have, first the one for which `scheme` was written. Writers exclude each other
/// only under one name, and Hadoop keeps the scheme that the user wrote: `s3` on EMR, `s3a` elsewhere.
pub(in crate::storage) fn table_paths(scheme: &str, bucket: &str, root: &Path) -> Vec<String> {
    let mut schemes = vec!["s3a", "s3", "s3n"];
    schemes.sort_by_key(|known| *known != scheme);
    // The third is long gone: it counts only where it was written.
    schemes.truncate(2);
    schemes.iter().map(|scheme| format!("{scheme}://{bucket}/{root}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_hadoop() {
        let names = |scheme: &str, root: &str| table_paths(scheme, "bucket", &Path::parse(root).unwrap());
        assert_eq!(names("s3", "a b/t"), ["s3://bucket/a b/t", "s3a://bucket/a b/t"]);
        assert_eq!(names("s3a", "a/t"), ["s3a://bucket/a/t", "s3://bucket/a/t"]);
        assert_eq!(names("s3n", "t"), ["s3n://bucket/t", "s3a://bucket/t"]);
        assert_eq!(names("https", "t"), ["s3a://bucket/t", "s3://bucket/t"]);
        assert_eq!(names("s3", ""), ["s3://bucket/", "s3a://bucket/"]);
    }
}
