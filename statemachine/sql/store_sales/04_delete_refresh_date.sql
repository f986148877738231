DELETE FROM sales.store_sales
USING sales.date_dim
WHERE store_sales.ss_sold_date_sk = date_dim.d_date_sk
  AND date_dim.d_date = CAST(:refresh_date AS DATE);
