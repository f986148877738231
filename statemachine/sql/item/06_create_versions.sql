CREATE TABLE sales.stg_item_version (
    i_item_id         CHAR(16)      NOT NULL ENCODE lzo,
    i_rec_start_date  DATE          NOT NULL ENCODE az64,
    i_rec_end_date    DATE          ENCODE az64,
    i_current_price   DECIMAL(7,2)  NOT NULL ENCODE az64
)
BACKUP NO
DISTSTYLE EVEN;
