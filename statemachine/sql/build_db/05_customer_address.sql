-- SCD type 1: one row for an address, as its newest known change left it.
CREATE TABLE IF NOT EXISTS sales.customer_address (
    ca_address_sk     BIGINT        NOT NULL ENCODE raw,
    ca_address_id     CHAR(16)      NOT NULL ENCODE lzo,
    ca_street_number  VARCHAR(10)   ENCODE lzo,
    ca_street_name    VARCHAR(60)   ENCODE lzo,
    ca_suite_number   VARCHAR(20)   ENCODE lzo,
    ca_city           VARCHAR(60)   ENCODE lzo,
    ca_county         VARCHAR(30)   ENCODE lzo,
    ca_state          VARCHAR(3)    ENCODE lzo,
    ca_zip            VARCHAR(10)   ENCODE lzo,
    ca_country        VARCHAR(20)   ENCODE lzo,
    ca_gmt_offset     DECIMAL(5,2)  ENCODE az64,
    -- the day on which the address was first heard of, and that of the change in the row
    ca_first_date     DATE          NOT NULL ENCODE az64,
    ca_changed_date   DATE          NOT NULL ENCODE az64,
    PRIMARY KEY (ca_address_sk)
)
DISTSTYLE ALL
SORTKEY (ca_address_sk);
