SELECT d.d_date,
       COUNT(DISTINCT ss.ss_ticket_number) AS total_orders,
       SUM(ss.ss_ext_sales_price) AS total_sales
FROM sales.store_sales ss
JOIN sales.date_dim d ON d.d_date_sk = ss.ss_sold_date_sk
JOIN sales.store s ON s.s_store_sk = ss.ss_store_sk
WHERE s.s_city = 'Bethel'
  AND s.s_state = 'OH'
GROUP BY d.d_date
ORDER BY d.d_date;
