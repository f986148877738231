-- Only sales of the refresh date, with the item version of that day and the current address. An
-- address counts from the day it was first heard of, in whatever order dates are loaded.
INSERT INTO sales.store_sales (
    ss_sold_date_sk, ss_sold_time_sk, ss_item_sk, ss_customer_sk, ss_addr_sk, ss_store_sk,
    ss_ticket_number, ss_quantity, ss_wholesale_cost, ss_list_price, ss_sales_price,
    ss_ext_discount_amt, ss_ext_sales_price, ss_ext_tax, ss_coupon_amt, ss_net_paid,
    ss_net_paid_inc_tax, ss_net_profit
)
SELECT d.d_date_sk,
       stg.ss_sold_time,
       i.i_item_sk,
       c.c_customer_sk,
       ca.ca_address_sk,
       s.s_store_sk,
       stg.ss_ticket_number,
       stg.ss_quantity,
       stg.ss_wholesale_cost,
       i.i_current_price,
       stg.ss_sales_price,
       stg.ss_quantity * (i.i_current_price - stg.ss_sales_price),
       stg.ss_quantity * stg.ss_sales_price,
       stg.ss_ext_tax,
       stg.ss_coupon_amt,
       stg.ss_quantity * stg.ss_sales_price - stg.ss_coupon_amt,
       stg.ss_quantity * stg.ss_sales_price - stg.ss_coupon_amt + stg.ss_ext_tax,
       stg.ss_quantity * (stg.ss_sales_price - stg.ss_wholesale_cost) - stg.ss_coupon_amt
FROM sales.stg_store_sales stg
JOIN sales.date_dim d ON d.d_date = stg.ss_sold_date
JOIN sales.store s ON s.s_store_id = stg.s_store_id
JOIN sales.item i
  ON i.i_item_id = stg.i_item_id
 AND stg.ss_sold_date >= i.i_rec_start_date
 AND (i.i_rec_end_date IS NULL OR stg.ss_sold_date <= i.i_rec_end_date)
JOIN sales.customer_address ca
  ON ca.ca_address_id = stg.ca_address_id
 AND stg.ss_sold_date >= ca.ca_first_date
LEFT JOIN sales.customer c ON c.c_customer_id = stg.c_customer_id
WHERE stg.ss_sold_date = CAST(:refresh_date AS DATE);
