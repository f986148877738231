CREATE TABLE sale (sold_on DATE, amount DECIMAL(9,2));
CREATE TABLE daily_sales (sold_on DATE, amount DECIMAL(9,2));
INSERT INTO sale VALUES ('2024-01-07', 10.50), ('2024-01-08', 20.00), ('2024-01-08', 1.25);
