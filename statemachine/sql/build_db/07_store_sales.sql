-- No primary key: a ticket may hold one item twice, and Redshift's planner believes the keys that
-- it doesn't enforce.
CREATE TABLE IF NOT EXISTS sales.store_sales (
    ss_sold_date_sk       INTEGER       NOT NULL ENCODE raw,
    ss_sold_time_sk       INTEGER       ENCODE az64,
    ss_item_sk            BIGINT        NOT NULL ENCODE az64,
    ss_customer_sk        INTEGER       ENCODE az64,
    ss_addr_sk            BIGINT        NOT NULL ENCODE az64,
    ss_store_sk           INTEGER       NOT NULL ENCODE az64,
    ss_ticket_number      BIGINT        NOT NULL ENCODE az64,
    ss_quantity           INTEGER       NOT NULL ENCODE az64,
    ss_wholesale_cost     DECIMAL(7,2)  ENCODE az64,
    ss_list_price         DECIMAL(7,2)  ENCODE az64,
    ss_sales_price        DECIMAL(7,2)  ENCODE az64,
    ss_ext_discount_amt   DECIMAL(9,2)  ENCODE az64,
    ss_ext_sales_price    DECIMAL(9,2)  ENCODE az64,
    ss_ext_tax            DECIMAL(9,2)  ENCODE az64,
    ss_coupon_amt         DECIMAL(9,2)  ENCODE az64,
    ss_net_paid           DECIMAL(9,2)  ENCODE az64,
    ss_net_paid_inc_tax   DECIMAL(9,2)  ENCODE az64,
    ss_net_profit         DECIMAL(9,2)  ENCODE az64
)
DISTKEY (ss_customer_sk)
SORTKEY (ss_sold_date_sk);
