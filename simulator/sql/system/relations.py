"""Redshift's system tables and views that are there: where in PostgreSQL each is found.

Those of `system.views` are views of the schema `redshift`; what is not listed is refused by name.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

from simulator.sql.errors import NotSupported
from simulator.sql.system.absent import NAMES as ABSENT

PREFIXES = ("pg_", "svv_", "svl_", "svcs_", "stl_", "stv_", "stcs_", "sys_")
SCHEMAS = frozenset({"pg_catalog", "information_schema", "redshift", "pg_internal"})
# In the schema `redshift`, each as one view.
VIEWS = ABSENT | frozenset(
    """
    pg_attribute pg_attrdef pg_class pg_database pg_description pg_group pg_namespace pg_proc
    pg_table_def pg_tables pg_type pg_user pg_views pg_class_info pg_constraint pg_depend pg_indexes
    pg_locks pg_rewrite
    svv_all_columns svv_all_schemas svv_all_tables svv_columns svv_external_columns
    svv_external_partitions svv_external_schemas svv_external_tables svv_redshift_columns
    svv_redshift_databases svv_redshift_functions svv_redshift_schemas svv_redshift_tables
    svv_relation_privileges svv_roles svv_role_grants svv_schema_privileges svv_table_info
    svv_tables svv_user_grants svv_user_info svv_transactions svv_mv_info stv_mv_info
    stl_load_errors stl_loaderror_detail stl_replacements stl_load_commits stl_query
    stl_querytext stl_unload_log
    stl_ddltext stl_utilitytext stl_file_scan stv_tbl_perm svv_default_privileges
    pg_proc_info stv_inflight stv_recents svl_qlog svl_statementtext
    svl_stored_proc_call svl_stored_proc_messages
    sys_load_error_detail sys_load_history sys_load_detail sys_procedure_call
    sys_procedure_messages
    sys_query_history sys_query_text sys_unload_history sys_unload_detail
    svv_function_privileges svv_database_privileges svv_column_privileges pg_user_info
    sys_transaction_history stv_sessions stv_locks stv_slices
    """.split()
)
# "information_schema" views that PostgreSQL has alike.
INFORMATION = frozenset(
    "tables columns schemata views table_privileges table_constraints key_column_usage".split()
)


def located(schema: str, name: str) -> tuple[str, str] | None:
    """Where a system relation is found; None where this is none. Raises NotSupported for one that
    Redshift has and the simulator has not, and for schemas of PostgreSQL's own."""
    if schema == "information_schema" and name in INFORMATION:
        return "redshift", f"information_{name}"
    if schema in ("", "pg_catalog") and name in VIEWS:
        return "redshift", name
    if schema in SCHEMAS or schema.startswith("pg_") or (not schema and name.startswith(PREFIXES)):
        shown = f"{schema}.{name}" if schema else name
        raise NotSupported(f"system relation {shown}")
    return None
