CREATE TABLE IF NOT EXISTS sales.stg_store_sales (
    ss_sold_date       DATE          NOT NULL ENCODE az64,
    ss_sold_time       INTEGER       ENCODE az64,
    ss_ticket_number   BIGINT        NOT NULL ENCODE az64,
    s_store_id         CHAR(16)      ENCODE lzo,
    c_customer_id      CHAR(16)      ENCODE lzo,
    ca_address_id      CHAR(16)      ENCODE lzo,
    i_item_id          CHAR(16)      ENCODE lzo,
    ss_quantity        INTEGER       ENCODE az64,
    ss_wholesale_cost  DECIMAL(7,2)  ENCODE az64,
    ss_sales_price     DECIMAL(7,2)  ENCODE az64,
    ss_coupon_amt      DECIMAL(9,2)  ENCODE az64,
    ss_ext_tax         DECIMAL(9,2)  ENCODE az64,
    staged_at          TIMESTAMP     NOT NULL DEFAULT SYSDATE ENCODE az64
)
BACKUP NO
DISTSTYLE EVEN;
