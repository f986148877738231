DELETE FROM sales.stg_customer_address
WHERE ca_changed_date > CAST(:refresh_date AS DATE);
