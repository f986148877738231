COPY sales.stg_store_sales
FROM {store_sales_files:s3_path}
IAM_ROLE {copy_role:iam_role}
FORMAT AS CSV
GZIP
IGNOREHEADER 1
EMPTYASNULL;
