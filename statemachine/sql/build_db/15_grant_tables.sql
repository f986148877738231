GRANT SELECT ON
    sales.date_dim, sales.store, sales.customer, sales.customer_address, sales.item,
    sales.store_sales
TO {reader:identifier};
