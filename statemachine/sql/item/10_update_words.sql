-- What isn't the price is updated in place, in all versions, and only by what is newer.
UPDATE sales.item
SET i_product_name = newest.i_product_name,
    i_item_desc = newest.i_item_desc,
    i_brand = newest.i_brand,
    i_category = newest.i_category,
    i_changed_date = newest.i_changed_date
FROM (
    SELECT stg_item.*,
           ROW_NUMBER() OVER (PARTITION BY i_item_id ORDER BY i_changed_date DESC) AS recency
    FROM sales.stg_item
) newest
WHERE newest.recency = 1
  AND item.i_item_id = newest.i_item_id
  AND item.i_changed_date < newest.i_changed_date;
