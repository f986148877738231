-- New is a version on whose first day no version stands: the old one is closed by now.
INSERT INTO sales.item (
    i_item_sk, i_item_id, i_rec_start_date, i_rec_end_date, i_current_price,
    i_product_name, i_item_desc, i_brand, i_category, i_changed_date
)
SELECT STRTOL(
           SUBSTRING(
               MD5(version.i_item_id || TO_CHAR(version.i_rec_start_date, 'YYYY-MM-DD')), 1, 15
           ),
           16
       ),
       version.i_item_id, version.i_rec_start_date, version.i_rec_end_date,
       version.i_current_price,
       newest.i_product_name, newest.i_item_desc, newest.i_brand, newest.i_category,
       newest.i_changed_date
FROM sales.stg_item_version version
JOIN (
    SELECT stg_item.*,
           ROW_NUMBER() OVER (PARTITION BY i_item_id ORDER BY i_changed_date DESC) AS recency
    FROM sales.stg_item
) newest ON newest.i_item_id = version.i_item_id AND newest.recency = 1
LEFT JOIN sales.item standing
       ON standing.i_item_id = version.i_item_id
      AND version.i_rec_start_date >= standing.i_rec_start_date
      AND version.i_rec_start_date <= NVL(standing.i_rec_end_date, '9999-12-31'::DATE)
WHERE standing.i_item_id IS NULL;
