CREATE TABLE IF NOT EXISTS sales.date_dim (
    d_date_sk   INTEGER     NOT NULL ENCODE raw,
    d_date      DATE        NOT NULL ENCODE az64,
    d_day_name  VARCHAR(9)  NOT NULL ENCODE lzo,
    d_week_seq  INTEGER     NOT NULL ENCODE az64,
    d_moy       INTEGER     NOT NULL ENCODE az64,
    d_year      INTEGER     NOT NULL ENCODE az64,
    d_weekend   CHAR(1)     NOT NULL ENCODE lzo,
    PRIMARY KEY (d_date_sk)
)
DISTSTYLE ALL
SORTKEY (d_date_sk);
