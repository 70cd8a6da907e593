//! What is told where nobody has credentials.

use crate::storage::options::StoreKind;

/// Where credentials of that kind of store were looked for, and what to set.
pub(in crate::storage) fn looked_for(store: StoreKind) -> &'static str {
    match store {
        StoreKind::S3 => {
            "set access_key_id and secret_access_key, profile or credentials, or anonymous: true for public tables"
        }
        StoreKind::Azure => {
            "options and environment have no account_key, sas_token, bearer_token or client_secret \
             (AZURE_STORAGE_ACCOUNT_KEY, ...) and no workload's identity (AZURE_FEDERATED_TOKEN_FILE), and this machine has \
             no managed identity: set one of them, use_azure_cli or credentials, or anonymous: true for public tables"
        }
        StoreKind::Google => {
            "options and environment have no service_account or bearer_token (GOOGLE_SERVICE_ACCOUNT, ...), there is no file \
             of credentials (GOOGLE_APPLICATION_CREDENTIALS, or gcloud's own), and this is no machine of Google's: set one of \
             them or credentials, or anonymous: true for public tables"
        }
    }
}
