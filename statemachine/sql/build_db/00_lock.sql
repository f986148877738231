-- One execution at a time: another's job waits here, and then sees what this one has committed.
LOCK locks.build_db;
