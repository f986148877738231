-- A version begins where the price differs from the change before, and ends the day before the
-- next one begins. New words at the old price begin none.
INSERT INTO sales.stg_item_version (
    i_item_id, i_rec_start_date, i_rec_end_date, i_current_price
)
SELECT i_item_id,
       i_changed_date,
       DATEADD(day, -1, LEAD(i_changed_date) OVER (
           PARTITION BY i_item_id ORDER BY i_changed_date
       ))::DATE,
       i_current_price
FROM (
    SELECT i_item_id,
           i_changed_date,
           i_current_price,
           LAG(i_current_price) OVER (
               PARTITION BY i_item_id ORDER BY i_changed_date
           ) AS price_before
    FROM sales.stg_item
) changes
WHERE price_before IS NULL
   OR price_before <> i_current_price;
