"""What the schema `redshift` holds of a database: attributes, external tables, system views."""

from __future__ import annotations

from simulator.sql.system.absent import ABSENT
from simulator.sql.system.attributes import ATTRIBUTES
from simulator.sql.system.catalog_views import CATALOG, CATALOG_VIEWS
from simulator.sql.system.external_tables import EXTERNAL_TABLES
from simulator.sql.system.late_views import LATE_VIEWS
from simulator.sql.system.log_views import LOG_VIEWS
from simulator.sql.system.rights import RIGHTS

# Each stands on those before it.
SYSTEM_VIEWS = (
    CATALOG
    + ATTRIBUTES
    + EXTERNAL_TABLES
    + LATE_VIEWS
    + CATALOG_VIEWS
    + LOG_VIEWS
    + RIGHTS
    + ABSENT
    + "GRANT SELECT ON ALL TABLES IN SCHEMA redshift TO PUBLIC;"
)
