CREATE TABLE IF NOT EXISTS sales.customer (
    c_customer_sk    INTEGER      NOT NULL ENCODE az64,
    c_customer_id    CHAR(16)     NOT NULL ENCODE lzo,
    c_first_name     VARCHAR(20)  ENCODE lzo,
    c_last_name      VARCHAR(30)  ENCODE lzo,
    c_email_address  VARCHAR(50)  ENCODE lzo,
    PRIMARY KEY (c_customer_sk)
)
DISTKEY (c_customer_sk);
