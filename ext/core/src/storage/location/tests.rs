use super::*;

fn parsed(address: &str) -> Result<CloudAddress> {
    match Location::parse(address, StorageOptions::default())?.place {
        Place::Cloud(cloud) => Ok(cloud.address),
        Place::Local | Place::Memory(_) => panic!("{address} is in no cloud"),
    }
}

/// Store, bucket, path and account, and endpoint and region where the address says them.
fn parts(address: &str) -> String {
    let found = parsed(address).unwrap_or_else(|e| panic!("{address}: {e}"));
    let CloudAddress { store, bucket, path, account, endpoint, region, .. } = found;
    let rest: Vec<String> = [account, endpoint, region].into_iter().map(Option::unwrap_or_default).collect();
    format!("{} {bucket} {path} {}", store.word(), rest.join(" ")).trim_end().to_owned()
}

#[test]
fn every_form_of_an_address() {
    for (address, expected) in [
        ("s3://b/p/q", "s3 b p/q"),
        ("S3://b/p", "s3 b p"),
        ("s3a://b/p/", "s3 b p"),
        ("s3n://b//p//q/", "s3 b p/q"),
        ("s3://b", "s3 b"),
        ("s3://b/", "s3 b"),
        ("s3://b/a b", "s3 b a b"),
        ("s3://b/a%20b/c%2520d", "s3 b a b/c%20d"),
        ("s3://b/ü/x=1", "s3 b ü/x=1"),
        ("s3://b/a%3Fb%23c", "s3 b a?b#c"),
        ("s3://b/a@b:c", "s3 b a@b:c"),
        ("https://b.s3.eu-west-1.amazonaws.com/p/q", "s3 b p/q   eu-west-1"),
        ("https://b.s3.amazonaws.com/p", "s3 b p"),
        ("https://b.c.s3.eu-west-1.amazonaws.com/p", "s3 b.c p   eu-west-1"),
        ("https://b.s3-eu-west-1.amazonaws.com/p", "s3 b p   eu-west-1"),
        ("https://s3.eu-west-1.amazonaws.com/b/p", "s3 b p   eu-west-1"),
        ("https://s3-eu-west-1.amazonaws.com/b/p", "s3 b p   eu-west-1"),
        ("https://s3.amazonaws.com/b/p", "s3 b p"),
        (
            "https://b.s3.dualstack.us-west-2.amazonaws.com/p",
            "s3 b p  https://s3.dualstack.us-west-2.amazonaws.com us-west-2",
        ),
        ("https://s3.cn-north-1.amazonaws.com.cn/b/p", "s3 b p  https://s3.cn-north-1.amazonaws.com.cn cn-north-1"),
        ("https://acc.r2.cloudflarestorage.com/b/p", "s3 b p  https://acc.r2.cloudflarestorage.com auto"),
        ("abfss://c@a.dfs.core.windows.net/p", "azure c p a"),
        ("abfs://c@a.dfs.core.windows.net/p", "azure c p a"),
        ("wasb://c@a.blob.core.windows.net/p", "azure c p a"),
        ("wasbs://c@A.blob.core.windows.net/p", "azure c p a"),
        ("abfss://c@a.dfs.core.chinacloudapi.cn/p", "azure c p a https://a.blob.core.chinacloudapi.cn"),
        ("abfss://c@a.dfs.core.usgovcloudapi.net/p", "azure c p a https://a.blob.core.usgovcloudapi.net"),
        ("az://c/p", "azure c p"),
        ("azure://c/p", "azure c p"),
        ("abfs://c/p", "azure c p"),
        ("adl://c/p", "azure c p"),
        ("az://c@a/p", "azure c p a"),
        ("https://a.blob.core.windows.net/c/p", "azure c p a"),
        ("https://a.dfs.core.windows.net/c", "azure c  a"),
        (
            "abfss://w@onelake.dfs.fabric.microsoft.com/l.Lakehouse/Tables/t",
            "azure w l.Lakehouse/Tables/t onelake https://onelake.blob.fabric.microsoft.com",
        ),
        (
            "abfss://My%20Work@onelake.dfs.fabric.microsoft.com/l.Lakehouse/Tables/t",
            "azure My Work l.Lakehouse/Tables/t onelake https://onelake.blob.fabric.microsoft.com",
        ),
        (
            "https://onelake.dfs.fabric.microsoft.com/w/l/Tables/t",
            "azure w l/Tables/t onelake https://onelake.blob.fabric.microsoft.com",
        ),
        ("abfss://w@0f.z28.dfs.fabric.microsoft.com/l/t", "azure w l/t 0f.z28 https://0f.z28.dfs.fabric.microsoft.com"),
        ("gs://b/p", "google b p"),
        ("gcs://b/p", "google b p"),
        ("https://storage.googleapis.com/b/p", "google b p"),
        ("https://b.storage.googleapis.com/p", "google b p"),
    ] {
        assert_eq!(parts(address), expected, "{address}");
    }
}

#[test]
fn addresses_that_are_none_say_what_to_do() {
    for (address, words) in [
        ("s3:///p", "no bucket"),
        ("https://a.blob.core.windows.net/", "no bucket or container"),
        ("az://a.blob.core.windows.net/c/p", "names no container"),
        ("adl://a.azuredatalakestore.net/p", "abfss://"),
        ("ftp://host/p", "no store that this library knows"),
        ("dbfs:/mnt/t", "Databricks"),
        ("hdfs://name/p", "HDFS"),
        ("http://127.0.0.1:9000/b/p", "the option endpoint"),
        ("https://minio.local/b/p", "https://minio.local as the option endpoint"),
        ("https://ec2.amazonaws.com/b/p", "no address of S3"),
        ("s3://b:9000/p", "the option endpoint"),
        ("abfss://c@127.0.0.1:10000/p", "the option endpoint"),
        ("abfss://c@example.com/p", "account_name"),
        ("s3://b/%FF", "UTF-8"),
        ("s3://b/p?versionId=1", "%3F"),
        ("s3://b/p#q", "%23"),
        ("file:///t?x=1", "%3F"),
    ] {
        let error = Location::parse(address, StorageOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{address}");
        assert!(error.to_string().contains(words), "{address}: {error}");
    }
}

#[test]
fn secrets_in_addresses_are_refused_and_not_repeated() {
    for (address, words) in [
        ("s3://AKIAX:s3cr3t@b/p", "a user or a password"),
        ("s3://s3cr3t@b/p", "a user or a password"),
        ("s3a://u:s3/cr3t@b/p", "a user or a password"),
        ("https://u:s3cr3t@b.s3.amazonaws.com/p", "a user or a password"),
        ("abfss://c:s3cr3t@a.dfs.core.windows.net/p", "a user or a password"),
        ("https://a.blob.core.windows.net/c/p?sv=1&sig=s3cr3t", "sas_token"),
        ("az://c/p?sig=s3cr3t", "sas_token"),
        ("s3://b/p?X-Amz-Signature=s3cr3t", "signature"),
        ("file:///t?token=s3cr3t", "signature"),
        ("ftp://u:s3cr3t@h/p", "a user or a password"),
        ("s3://b/p?x=s3cr3t#s3cr3t", "query"),
    ] {
        let error = Location::parse(address, StorageOptions::default()).unwrap_err();
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("cr3t"), "{address}: {text}");
        }
        assert!(error.to_string().contains(words), "{address}: {error}");
    }
}

#[test]
fn one_table_has_one_identity() {
    let identity = |address: &str, options: &[(&str, &str)]| {
        let options = StorageOptions::of(options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        Location::parse(address, options).unwrap().identity()
    };
    let none: &[(&str, &str)] = &[];
    for (one, other) in [
        (("s3://b/p q/", none), ("s3a://b/p%20q", none)),
        (("abfss://c@a.dfs.core.windows.net/p", none), ("https://a.blob.core.windows.net/c/p", none)),
        (("az://c/p", &[("account_name", "a")][..]), ("wasbs://c@a.blob.core.windows.net/p/", none)),
        (("gs://b", none), ("gcs://b/", none)),
        (("s3://b/p", &[("region", "x")]), ("s3n://b/p", &[("AWS_REGION", "x")])),
    ] {
        assert_eq!(identity(one.0, one.1), identity(other.0, other.1), "{} {}", one.0, other.0);
    }
    for (one, other) in [
        (("s3://b/p", none), ("s3://b/q", none)),
        (("s3://b/p", none), ("gs://b/p", none)),
        (("s3://b/p", none), ("s3://b/p", &[("endpoint", "https://x")][..])),
        (("s3://b/p", &[("secret_access_key", "x")]), ("s3://b/p", &[("secret_access_key", "y")])),
        (("az://c/p", &[("account_name", "a")]), ("az://c/p", &[("account_name", "b")])),
    ] {
        assert_ne!(identity(one.0, one.1), identity(other.0, other.1), "{} {}", one.0, other.0);
    }
}

#[test]
fn options_may_not_contradict_the_address() {
    let parse = |address: &str, key: &str, value: &str| {
        Location::parse(address, StorageOptions::of([(key.to_owned(), value.to_owned())])).map(|_| ())
    };
    assert!(parse("abfss://c@a.dfs.core.windows.net/p", "account_name", "A").is_ok());
    let error = parse("abfss://c@a.dfs.core.windows.net/p", "azure_storage_account_name", "b").unwrap_err();
    assert!(error.to_string().contains("the account a, and the storage option account_name b"), "{error}");
    assert!(parse("s3://b/p", "bucket", "c").is_err());
    let error = parse("/p", "region", "x").unwrap_err();
    assert!(error.to_string().contains("local file system"), "{error}");
}
