CREATE TABLE sales.stg_item (
    i_item_id        CHAR(16)      NOT NULL ENCODE lzo,
    i_changed_date   DATE          NOT NULL ENCODE az64,
    i_product_name   VARCHAR(50)   ENCODE lzo,
    i_item_desc      VARCHAR(200)  ENCODE lzo,
    i_brand          VARCHAR(50)   ENCODE lzo,
    i_category       VARCHAR(50)   ENCODE lzo,
    i_current_price  DECIMAL(7,2)  NOT NULL ENCODE az64
)
BACKUP NO
DISTSTYLE EVEN;
