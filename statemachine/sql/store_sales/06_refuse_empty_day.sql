-- Divides by zero, and so rolls the delete back, when the refresh date would be left without rows.
SELECT 1 / COUNT(*) AS refresh_date_has_rows
FROM sales.store_sales
JOIN sales.date_dim ON date_dim.d_date_sk = store_sales.ss_sold_date_sk
WHERE date_dim.d_date = CAST(:refresh_date AS DATE);
