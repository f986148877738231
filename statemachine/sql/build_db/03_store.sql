-- The division is the sales region: North America, Europe, Asia Pacific.
CREATE TABLE IF NOT EXISTS sales.store (
    s_store_sk       INTEGER      NOT NULL ENCODE raw,
    s_store_id       CHAR(16)     NOT NULL ENCODE lzo,
    s_store_name     VARCHAR(50)  NOT NULL ENCODE lzo,
    s_city           VARCHAR(60)  NOT NULL ENCODE lzo,
    s_state          VARCHAR(3)   ENCODE lzo,
    s_zip            VARCHAR(10)  ENCODE lzo,
    s_country        VARCHAR(20)  NOT NULL ENCODE lzo,
    s_division_name  VARCHAR(50)  NOT NULL ENCODE lzo,
    PRIMARY KEY (s_store_sk)
)
DISTSTYLE ALL
SORTKEY (s_store_sk);
