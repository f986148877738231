-- Only open versions are closed and none is opened again, whatever date is loaded.
UPDATE sales.item
SET i_rec_end_date = stg_item_version.i_rec_end_date
FROM sales.stg_item_version
WHERE item.i_item_id = stg_item_version.i_item_id
  AND item.i_rec_start_date = stg_item_version.i_rec_start_date
  AND item.i_rec_end_date IS NULL
  AND stg_item_version.i_rec_end_date IS NOT NULL;
