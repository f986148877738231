-- Tables that hold nothing: a job locks its own, so that executions at once take turns.
CREATE SCHEMA IF NOT EXISTS locks;
