CREATE TABLE sales.stg_customer_address (
    ca_address_id     CHAR(16)      NOT NULL ENCODE lzo,
    ca_changed_date   DATE          NOT NULL ENCODE az64,
    ca_street_number  VARCHAR(10)   ENCODE lzo,
    ca_street_name    VARCHAR(60)   ENCODE lzo,
    ca_suite_number   VARCHAR(20)   ENCODE lzo,
    ca_city           VARCHAR(60)   ENCODE lzo,
    ca_county         VARCHAR(30)   ENCODE lzo,
    ca_state          VARCHAR(3)    ENCODE lzo,
    ca_zip            VARCHAR(10)   ENCODE lzo,
    ca_country        VARCHAR(20)   ENCODE lzo,
    ca_gmt_offset     DECIMAL(5,2)  ENCODE az64
)
BACKUP NO
DISTSTYLE EVEN;
