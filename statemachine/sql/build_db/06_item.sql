-- SCD type 2 on price: a row for each version; the open one has no end date. Its other attributes
-- are those of the item's newest known change.
CREATE TABLE IF NOT EXISTS sales.item (
    i_item_sk         BIGINT        NOT NULL ENCODE raw,
    i_item_id         CHAR(16)      NOT NULL ENCODE lzo,
    i_rec_start_date  DATE          NOT NULL ENCODE az64,
    i_rec_end_date    DATE          ENCODE az64,
    i_current_price   DECIMAL(7,2)  NOT NULL ENCODE az64,
    i_product_name    VARCHAR(50)   ENCODE lzo,
    i_item_desc       VARCHAR(200)  ENCODE lzo,
    i_brand           VARCHAR(50)   ENCODE lzo,
    i_category        VARCHAR(50)   ENCODE lzo,
    i_changed_date    DATE          NOT NULL ENCODE az64,
    PRIMARY KEY (i_item_sk)
)
DISTSTYLE ALL
SORTKEY (i_item_sk);
