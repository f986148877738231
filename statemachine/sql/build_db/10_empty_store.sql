-- Reference data are small and replaced whole. Not TRUNCATE, which would commit half of the job.
DELETE FROM sales.store;
