-- The last result goes into the execution's output.
SELECT files.rows_in_files,
       files.rows_of_other_dates,
       files.rows_in_files - files.rows_of_other_dates - loaded.rows_loaded AS rows_without_match,
       loaded.rows_loaded
FROM (
    SELECT COUNT(*) AS rows_in_files,
           COUNT(CASE WHEN ss_sold_date <> CAST(:refresh_date AS DATE) THEN 1 END)
               AS rows_of_other_dates
    FROM sales.stg_store_sales
) files
CROSS JOIN (
    SELECT COUNT(*) AS rows_loaded
    FROM sales.store_sales
    JOIN sales.date_dim ON date_dim.d_date_sk = store_sales.ss_sold_date_sk
    WHERE date_dim.d_date = CAST(:refresh_date AS DATE)
) loaded;
