-- The key is a hash of the business key, so it depends on nothing but the address.
INSERT INTO sales.customer_address (
    ca_address_sk, ca_address_id, ca_street_number, ca_street_name, ca_suite_number, ca_city,
    ca_county, ca_state, ca_zip, ca_country, ca_gmt_offset, ca_first_date, ca_changed_date
)
SELECT STRTOL(SUBSTRING(MD5(newest.ca_address_id), 1, 15), 16),
       newest.ca_address_id, newest.ca_street_number, newest.ca_street_name,
       newest.ca_suite_number, newest.ca_city, newest.ca_county, newest.ca_state, newest.ca_zip,
       newest.ca_country, newest.ca_gmt_offset, newest.first_date, newest.ca_changed_date
FROM (
    SELECT stg_customer_address.*,
           MIN(ca_changed_date) OVER (PARTITION BY ca_address_id) AS first_date,
           ROW_NUMBER() OVER (PARTITION BY ca_address_id ORDER BY ca_changed_date DESC) AS recency
    FROM sales.stg_customer_address
) newest
LEFT JOIN sales.customer_address known ON known.ca_address_id = newest.ca_address_id
WHERE newest.recency = 1
  AND known.ca_address_id IS NULL;
