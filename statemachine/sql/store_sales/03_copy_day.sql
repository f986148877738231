COPY sales.stg_store_sales (
    ss_sold_date, ss_sold_time, ss_ticket_number, s_store_id, c_customer_id, ca_address_id,
    i_item_id, ss_quantity, ss_wholesale_cost, ss_sales_price, ss_coupon_amt, ss_ext_tax
)
FROM {store_sales_files:s3_path}
IAM_ROLE {copy_role:iam_role}
FORMAT AS CSV
GZIP
IGNOREHEADER 1
EMPTYASNULL;
