DELETE FROM sales.stg_item
WHERE i_changed_date > CAST(:refresh_date AS DATE);
