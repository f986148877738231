-- In place, and only by what is newer: an older date loaded later takes no address back.
UPDATE sales.customer_address
SET ca_street_number = newest.ca_street_number,
    ca_street_name = newest.ca_street_name,
    ca_suite_number = newest.ca_suite_number,
    ca_city = newest.ca_city,
    ca_county = newest.ca_county,
    ca_state = newest.ca_state,
    ca_zip = newest.ca_zip,
    ca_country = newest.ca_country,
    ca_gmt_offset = newest.ca_gmt_offset,
    ca_changed_date = newest.ca_changed_date
FROM (
    SELECT stg_customer_address.*,
           ROW_NUMBER() OVER (PARTITION BY ca_address_id ORDER BY ca_changed_date DESC) AS recency
    FROM sales.stg_customer_address
) newest
WHERE newest.recency = 1
  AND customer_address.ca_address_id = newest.ca_address_id
  AND customer_address.ca_changed_date < newest.ca_changed_date;
