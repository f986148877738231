"""Redshift's system views over the warehouse's ledger: statements, calls, messages, loads, unloads.

Sources: the pages of the views in "System tables and views reference" of Redshift's developer
guide. An ordinary user sees rows about what is theirs where the page says so.
"""

# ruff: noqa: E501 - SQL
from __future__ import annotations

LOG_VIEWS = """
-- What the transaction shows of the warehouse's ledger; a view of a user's that reads it asks for it.
CREATE FUNCTION redshift.ledger(kind text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE kept text := nullif(current_setting('asl.ledger_' || kind, true), '');
BEGIN
  IF kept IS NULL THEN RAISE EXCEPTION '%', kind USING ERRCODE = 'ASL03'; END IF;
  RETURN kept::jsonb;
END $$;
CREATE FUNCTION redshift.at(ms numeric) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
  SELECT timestamp '1970-01-01' + ms * interval '1 millisecond' $$;

CREATE VIEW redshift.stl_load_errors AS
  SELECT redshift.user_number(e."user") AS userid, 0 AS slice, to_regclass(concat_ws('.', quote_ident(nullif(e."schema", '')), quote_ident(e."table")))::oid::integer AS tbl, redshift.at(e.at) AS starttime,
    0 AS session, e.query, e.filename::char(256) AS filename, e.line AS line_number, e."column"::char(127) AS colname, e.type::char(10) AS type,
    coalesce(nullif(e.length, ''), '0')::char(10) AS col_length, e.position, left(e.raw_line, 1024)::char(1024) AS raw_line, left(e.raw_value, 1024)::char(1024) AS raw_field_value,
    e.code AS err_code, left(e.reason, 100)::char(100) AS err_reason, false AS is_partial, 0::bigint AS start_offset, 0::bigint AS copy_job_id
  FROM jsonb_to_recordset(redshift.ledger('load_errors')) AS e(query bigint, "user" text, at numeric, filename text, line bigint, code integer, reason text,
    "column" text, type text, length text, position integer, raw_line text, raw_value text, "table" text, "schema" text)
  WHERE redshift.sees_all() OR e."user" = current_setting('asl.db_user');
CREATE VIEW redshift.stl_loaderror_detail AS
  SELECT userid, slice, session, query, filename, line_number, 0 AS field, colname, raw_field_value AS value, 0 AS is_null, type, col_length FROM redshift.stl_load_errors;
CREATE VIEW redshift.sys_load_error_detail AS
  SELECT userid AS user_id, query AS query_id, 0::bigint AS transaction_id, session AS session_id, current_setting('asl.db_name') AS database_name,
    tbl AS table_id, starttime AS start_time, trim(filename) AS file_name, line_number, trim(colname) AS column_name, trim(type) AS column_type, trim(col_length) AS column_length,
    position, err_code AS error_code, trim(err_reason) AS error_message FROM redshift.stl_load_errors;
CREATE VIEW redshift.stl_replacements AS
  SELECT redshift.user_number(e."user") AS userid, e.query, 0 AS slice, to_regclass(concat_ws('.', quote_ident(nullif(e."schema", '')), quote_ident(e."table")))::oid::integer AS tbl,
    redshift.at(e.at) AS starttime, e.pid AS session, e.filename::char(256) AS filename, e.line AS line_number, e."column"::char(127) AS colname, left(e.raw_line, 1024)::char(1024) AS raw_line
  FROM jsonb_to_recordset(redshift.ledger('replacements')) AS e(query bigint, pid integer, "user" text, at numeric, filename text, line bigint, "column" text, raw_line text, "table" text, "schema" text)
  WHERE redshift.sees_all() OR e."user" = current_setting('asl.db_user');
CREATE VIEW redshift.loads AS
  SELECT l.*, redshift.user_number(l."user") AS userid, redshift.at(l.at) AS started
  FROM jsonb_to_recordset(redshift.ledger('loads')) AS l(query bigint, xid bigint, pid integer, "user" text, database text, at numeric, "table" text, source text,
    filename text, lines bigint, bytes bigint, loaded bigint, errors integer, format text)
  WHERE redshift.sees_all() OR l."user" = current_setting('asl.db_user');
CREATE VIEW redshift.stl_load_commits AS
  SELECT userid, query, 0 AS slice, 0 AS name, filename::char(256) AS filename, 0 AS byte_offset, lines AS lines_scanned, errors, started AS curtime, 1 AS status, format::char(16) AS file_format, 0::bigint AS copy_job_id FROM redshift.loads;
CREATE VIEW redshift.stl_file_scan AS
  SELECT userid, query, 0 AS slice, filename::char(90) AS name, lines, bytes, 0::bigint AS loadtime, started AS curtime, 0 AS is_partial, 0::bigint AS start_offset FROM redshift.loads;
CREATE VIEW redshift.sys_load_history AS
  SELECT userid AS user_id, query AS query_id, xid AS transaction_id, pid AS session_id, database AS database_name, 'completed'::text AS status, "table" AS table_name,
    min(started) AS start_time, min(started) AS end_time, 0::bigint AS duration, source AS data_source, format AS file_format, max(loaded) AS loaded_rows, sum(bytes)::bigint AS loaded_bytes,
    count(*) AS source_file_count, sum(bytes)::bigint AS source_file_bytes, count(*) AS file_count_scanned, sum(bytes)::bigint AS file_bytes_scanned, max(errors)::bigint AS error_count
  FROM redshift.loads GROUP BY userid, query, xid, pid, database, "table", source, format;
CREATE VIEW redshift.sys_load_detail AS
  SELECT userid AS user_id, query AS query_id, filename AS file_name, lines AS lines_scanned, started AS start_time FROM redshift.loads;
CREATE VIEW redshift.unloads AS
  SELECT u.*, redshift.user_number(u."user") AS userid, redshift.at(u.at) AS started
  FROM jsonb_to_recordset(redshift.ledger('unloads')) AS u(query bigint, xid bigint, pid integer, "user" text, database text, at numeric, path text, rows bigint, size bigint, format text)
  WHERE redshift.sees_all() OR u."user" = current_setting('asl.db_user');
CREATE VIEW redshift.stl_unload_log AS
  SELECT userid, query, 0 AS slice, pid, path::char(1280) AS path, started AS start_time, started AS end_time, rows AS line_count, size AS transfer_size, format::char(10) AS file_format FROM redshift.unloads;
CREATE VIEW redshift.sys_unload_history AS
  SELECT userid AS user_id, query AS query_id, pid AS session_id, xid AS transaction_id, database AS database_name, 'completed'::text AS status, min(started) AS start_time,
    min(started) AS end_time, 0::bigint AS duration, format AS file_format, NULL::text AS compression_type, sum(rows)::bigint AS unloaded_rows, count(*) AS unloaded_files_count,
    sum(size)::bigint AS unloaded_files_size, NULL::text AS error_message FROM redshift.unloads GROUP BY userid, query, pid, xid, database, format;
CREATE VIEW redshift.sys_unload_detail AS
  SELECT userid AS user_id, query AS query_id, database AS database_name, pid AS session_id, xid AS transaction_id, started AS start_time, path AS file_name, size AS file_size, rows AS line_count, format AS file_format FROM redshift.unloads;
CREATE VIEW redshift.messages AS
  SELECT m.*, redshift.user_number(m."user") AS userid, redshift.at(m.at) AS recorded
  FROM jsonb_to_recordset(redshift.ledger('messages')) AS m(query bigint, xid bigint, pid integer, "user" text, at numeric, level text, number integer, text text,
    line integer, call text, aborted boolean)
  WHERE redshift.sees_all() OR m."user" = current_setting('asl.db_user');
CREATE VIEW redshift.svl_stored_proc_messages AS
  SELECT userid, userid AS session_userid, pid, xid, query::integer AS query, recorded AS recordtime, number AS loglevel, level::char(10) AS loglevel_text, left(text, 1024)::char(1024) AS message,
    line AS linenum, left(call, 500)::char(500) AS querytxt, 'default'::char(320) AS label, aborted::integer AS aborted, xid AS message_xid FROM redshift.messages;
CREATE VIEW redshift.sys_procedure_messages AS
  SELECT userid AS user_id, xid AS transaction_id, query::integer AS query_id, pid AS session_id, recorded AS record_time, level::char(10) AS log_level, left(text, 1024)::char(1024) AS message,
    line AS line_number FROM redshift.messages;
CREATE VIEW redshift.calls AS
  SELECT c.*, redshift.user_number(c."user") AS userid, redshift.at(c.at) AS started, redshift.at(coalesce(c.ended_ms, c.at)) AS ended
  FROM jsonb_to_recordset(redshift.ledger('calls')) AS c(query bigint, xid bigint, pid integer, "user" text, database text, at numeric, ended_ms numeric, call bigint, caller bigint,
    text text, aborted boolean)
  WHERE redshift.sees_all() OR c."user" = current_setting('asl.db_user');
CREATE VIEW redshift.svl_stored_proc_call AS
  SELECT userid, userid AS session_userid, call::integer AS query, 'default'::char(320) AS label, xid, pid, database::char(32) AS database, left(text, 500)::char(500) AS querytxt,
    started AS starttime, ended AS endtime, aborted::integer AS aborted, caller::integer AS from_sp_call FROM redshift.calls;
CREATE VIEW redshift.sys_procedure_call AS
  SELECT userid AS session_user_id, userid AS security_user_id, call::integer AS query_id, left(text, 4000)::char(4000) AS query_text, started AS start_time, ended AS end_time,
    CASE WHEN aborted THEN 'canceled' ELSE 'success' END::char(10) AS status, caller::integer AS caller_procedure_query_id FROM redshift.calls;
CREATE VIEW redshift.queries AS
  SELECT q.*, redshift.user_number(q."user") AS userid, redshift.at(q.started_ms) AS started, redshift.at(q.ended_ms) AS ended
  FROM jsonb_to_recordset(redshift.ledger('queries')) AS q(query bigint, xid bigint, pid integer, "user" text, database text, text text, kind text,
    started_ms numeric, ended_ms numeric, error text, rows bigint, aborted boolean, running boolean, caller bigint, label text)
  WHERE redshift.sees_all() OR q."user" = current_setting('asl.db_user');
CREATE VIEW redshift.stl_query AS
  SELECT userid, query, label::char(320) AS label, xid, pid, database::char(32) AS database, left(text, 4000)::char(4000) AS querytxt, started AS starttime, ended AS endtime,
    (aborted OR error <> '')::integer AS aborted, 0 AS insert_pristine, 0 AS concurrency_scaling_status FROM redshift.queries WHERE NOT running AND kind NOT IN ('BEGIN', 'COMMIT', 'ROLLBACK', 'SET');
CREATE VIEW redshift.stl_querytext AS
  SELECT q.userid, q.xid, q.pid, q.query, n AS sequence, substr(q.text, n * 200 + 1, 200)::char(200) AS text
  FROM redshift.queries q, generate_series(0, (greatest(length(q.text), 1) - 1) / 200) n;
CREATE VIEW redshift.svl_qlog AS
  SELECT userid, query, xid, pid, started AS starttime, ended AS endtime, (ended_ms - started_ms)::bigint * 1000 AS elapsed, (aborted OR error <> '')::integer AS aborted,
    label::char(320) AS label, left(text, 60)::char(60) AS substring, NULL::bigint AS source_query, caller::integer AS from_sp_call FROM redshift.queries WHERE NOT running;
CREATE VIEW redshift.stl_ddltext AS
  SELECT q.userid, q.xid, q.pid, label::char(320) AS label, q.started AS starttime, q.ended AS endtime, n AS sequence, substr(q.text, n * 200 + 1, 200)::char(200) AS text
  FROM redshift.queries q, generate_series(0, (greatest(length(q.text), 1) - 1) / 200) n WHERE NOT running AND kind IN ('CREATE', 'DROP', 'ALTER', 'COMMENT');
CREATE VIEW redshift.stl_utilitytext AS
  SELECT q.userid, q.xid, q.pid, label::char(320) AS label, q.started AS starttime, q.ended AS endtime, n AS sequence, substr(q.text, n * 200 + 1, 200)::char(200) AS text
  FROM redshift.queries q, generate_series(0, (greatest(length(q.text), 1) - 1) / 200) n WHERE NOT running AND kind NOT IN ('CREATE', 'DROP', 'ALTER', 'COMMENT', 'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', '');
CREATE VIEW redshift.svl_statementtext AS
  SELECT userid, xid, pid, label::char(320) AS label, started AS starttime, ended AS endtime, 0 AS sequence,
    CASE WHEN kind IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY', 'UNLOAD') THEN 'QUERY' WHEN kind IN ('CREATE', 'DROP', 'ALTER', 'GRANT', 'REVOKE') THEN 'DDL' ELSE 'UTILITY' END::char(10) AS type,
    left(text, 200)::char(200) AS text FROM redshift.queries;
CREATE VIEW redshift.stv_recents AS
  SELECT userid, CASE WHEN running THEN 'Running' ELSE 'Done' END::char(20) AS status, started AS starttime, (ended_ms - started_ms)::integer * 1000 AS duration,
    "user"::char(50) AS user_name, database::char(50) AS db_name, left(text, 600)::char(600) AS query, CASE WHEN running THEN pid ELSE -1 END AS pid FROM redshift.queries;
CREATE VIEW redshift.stv_inflight AS
  SELECT userid, 0 AS slice, query, label::char(30) AS label, xid, pid, started AS starttime, left(text, 100)::char(100) AS text, 0 AS suspended, 0 AS insert_pristine, 0 AS concurrency_scaling_status FROM redshift.queries WHERE running;
CREATE VIEW redshift.sys_transaction_history AS
  SELECT min(userid) AS user_id, xid AS transaction_id, NULL::text AS isolation_level,
    CASE WHEN bool_or(running) THEN 'running' WHEN bool_or(aborted OR error <> '') THEN 'rolled back' ELSE 'committed' END AS status,
    min(started) AS transaction_start_time, max(ended) AS commit_start_time, max(ended) AS commit_end_time, NULL::bigint AS blocks_committed,
    NULL::timestamp AS undo_start_time, NULL::timestamp AS undo_end_time FROM redshift.queries GROUP BY xid;
-- Sessions that run a statement; which others are open is not known here.
CREATE VIEW redshift.stv_sessions AS
  SELECT min(started) AS starttime, pid AS process, "user"::char(50) AS user_name, database::char(50) AS db_name, 0 AS timeout_sec
  FROM redshift.queries WHERE running GROUP BY pid, "user", database;
CREATE VIEW redshift.sys_query_history AS
  SELECT userid AS user_id, query AS query_id, label AS query_label, xid AS transaction_id, pid AS session_id, database AS database_name,
    CASE WHEN kind IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'COPY', 'UNLOAD', 'MERGE') THEN kind WHEN kind IN ('CREATE', 'DROP', 'ALTER', 'GRANT', 'REVOKE') THEN 'DDL' WHEN kind = 'CALL' THEN 'CALL' ELSE 'UTILITY' END AS query_type,
    CASE WHEN running THEN 'running' WHEN error <> '' THEN 'failed' WHEN aborted THEN 'canceled' ELSE 'success' END AS status, false AS result_cache_hit,
    started AS start_time, ended AS end_time, (ended_ms - started_ms)::bigint * 1000 AS elapsed_time, 0::bigint AS queue_time, (ended_ms - started_ms)::bigint * 1000 AS execution_time,
    nullif(error, '') AS error_message, CASE WHEN kind = 'SELECT' THEN rows ELSE 0 END AS returned_rows, 0::bigint AS returned_bytes, left(text, 4000) AS query_text, NULL::text AS redshift_version,
    NULL::text AS usage_limit, 'primary'::text AS compute_type, 0::bigint AS compile_time, 0::bigint AS planning_time, 0::bigint AS lock_wait_time FROM redshift.queries;
CREATE VIEW redshift.sys_query_text AS
  SELECT userid AS user_id, query AS query_id, xid AS transaction_id, pid AS session_id, started AS start_time, sequence, part AS text FROM (
    SELECT q.*, n AS sequence, substr(q.text, n * 4000 + 1, 4000) AS part FROM redshift.queries q, generate_series(0, (greatest(length(q.text), 1) - 1) / 4000) n) AS parts;
"""
