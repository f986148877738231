-- One execution at a time: another's job waits here, and then sees what this one has committed. The
-- tables that this job reads don't change meanwhile either.
LOCK locks.build_db, locks.customer_address, locks.item, locks.store_sales;
