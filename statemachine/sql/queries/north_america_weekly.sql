SELECT DATE_TRUNC('week', d.d_date)::DATE AS week_start,
       COUNT(DISTINCT d.d_date) AS days,
       COUNT(DISTINCT ss.ss_ticket_number) AS total_orders,
       SUM(ss.ss_ext_sales_price) AS total_sales
FROM sales.store_sales ss
JOIN sales.date_dim d ON d.d_date_sk = ss.ss_sold_date_sk
JOIN sales.store s ON s.s_store_sk = ss.ss_store_sk
WHERE s.s_division_name = 'North America'
GROUP BY 1
ORDER BY 1;
