-- The whole change log, as for addresses.
COPY sales.stg_item
FROM {item_files:s3_path}
IAM_ROLE {copy_role:iam_role}
FORMAT AS CSV
GZIP
IGNOREHEADER 1
EMPTYASNULL;
