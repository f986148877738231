"""Redshift's functions that PostgreSQL lacks or defines otherwise, as a schema of its own.

The dialect writes their qualified names (`redshift.getdate()`), so no search path decides between
two functions of one name. SQL functions are inlined by the planner; each rule's source is the
function's page in Redshift's developer guide unless it says otherwise. The clock is two settings
of the transaction: SYSDATE and CURRENT_DATE read its start, GETDATE the statement's, in the session's time zone.
"""

# ruff: noqa: E501 - SQL, one function a line where it fits
from __future__ import annotations

from simulator.sql.overlay.dates import DATES
from simulator.sql.overlay.hashes import HASHES
from simulator.sql.overlay.numbers import NUMBERS
from simulator.sql.overlay.super_values import SUPER
from simulator.sql.overlay.text import TEXTS

_CLOCK = """
CREATE SCHEMA redshift;
GRANT USAGE ON SCHEMA redshift TO PUBLIC;
GRANT ALL ON SCHEMA public TO PUBLIC;

-- "Implicit conversion types": INTEGER to BOOLEAN.
UPDATE pg_catalog.pg_cast SET castcontext = 'i' WHERE castsource = 'integer'::regtype AND casttarget = 'boolean'::regtype;

CREATE FUNCTION redshift.sysdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT (current_setting('asl.started')::timestamp AT TIME ZONE 'UTC')::timestamp $$;
CREATE FUNCTION redshift.getdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT date_trunc('second', (current_setting('asl.now')::timestamp AT TIME ZONE 'UTC')::timestamp) $$;
CREATE FUNCTION redshift.current_date() RETURNS date LANGUAGE sql STABLE AS
$$ SELECT (current_setting('asl.started')::timestamp AT TIME ZONE 'UTC')::date $$;
CREATE FUNCTION redshift.now() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT current_setting('asl.started')::timestamp AT TIME ZONE 'UTC' $$;
CREATE FUNCTION redshift.current_user() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT current_setting('asl.db_user') $$;
CREATE FUNCTION redshift.session_user() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT current_setting('asl.speaker') $$;
CREATE FUNCTION redshift.current_database() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT current_setting('asl.db_name') $$;
"""


# The clock's own text: "TIMEOFDAY function".
_MOMENT = """
CREATE FUNCTION redshift.timeofday() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT pg_catalog.to_char(current_setting('asl.now')::timestamp, 'Dy Mon DD HH24:MI:SS.US YYYY') || ' UTC' $$;
-- Clients read the version of Redshift out of this text.
CREATE FUNCTION redshift.version() RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.77467' $$;
"""

OVERLAY = _CLOCK + _MOMENT + DATES + NUMBERS + HASHES + TEXTS + SUPER
