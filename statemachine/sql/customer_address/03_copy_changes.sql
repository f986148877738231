-- The whole change log, which is small beside sales: so a day that was missed is made up for, and
-- dates may be loaded in any order.
COPY sales.stg_customer_address
FROM {customer_address_files:s3_path}
IAM_ROLE {copy_role:iam_role}
FORMAT AS CSV
GZIP
IGNOREHEADER 1
EMPTYASNULL;
