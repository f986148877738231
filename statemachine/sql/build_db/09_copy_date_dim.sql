COPY sales.date_dim
FROM {date_dim_files:s3_path}
IAM_ROLE {copy_role:iam_role}
FORMAT AS CSV
GZIP
IGNOREHEADER 1
EMPTYASNULL;
