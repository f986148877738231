"""System views about what this warehouse cannot have: datashares, policies, identity providers and
the like are refused where they would be created, so their views have no rows. Their columns are
those of the views' pages in Redshift's developer guide.
"""

from __future__ import annotations

# name: columns, each with its type where that is not text
_COLUMNS = {
    "svv_datashares": "share_name share_id:integer share_owner:integer source_database"
    " consumer_database share_type createdate:timestamp is_publicaccessible:boolean share_acl"
    " producer_account producer_namespace managed_by",
    "svv_datashare_objects": "share_type share_name object_type object_name producer_account"
    " producer_namespace include_new:boolean",
    "svv_datashare_consumers": "share_name consumer_account consumer_namespace"
    " share_date:timestamp",
    "svv_datashare_privileges": "datashare_name privilege_type identity_id:integer identity_name"
    " identity_type admin_option:boolean",
    "svv_identity_providers": "uid:integer name type instanceid namespc params enabled:boolean",
    "svv_rls_policy": "poldb polname polalias polatts polqual polenabled:boolean polmodifiedby"
    " polmodifiedtime:timestamp",
    "svv_rls_attached_policy": "relschema relname relkind polname grantor grantee granteekind"
    " is_pol_on:boolean is_rls_on:boolean rls_conjunction_type",
    "svv_rls_relation": "datname relschema relname relkind is_rls_on:boolean"
    " is_rls_datashare_on:boolean rls_conjunction_type rls_datashare_conjunction_type",
    "svv_rls_applied_policy": "username query:integer xid:bigint pid:integer recordtime:timestamp"
    " command datname relschema relname polname poldefault:boolean",
    "svv_masking_policy": "policy_database policy_name input_columns policy_expression"
    " policy_modified_by policy_modified_time:timestamp",
    "svv_attached_masking_policy": "policy_name schema_name table_name table_type grantor grantee"
    " grantee_type priority:integer input_columns output_columns",
    "svv_ml_model_info": "database_name schema_name user_name model_name life_cycle"
    " is_refreshable:integer model_state",
    "svv_ml_model_privileges": "namespace_name model_name privilege_type identity_id:integer"
    " identity_name identity_type admin_option:boolean",
    "sys_copy_job": "job_id:bigint job_name job_owner:integer job_query_text iam_role"
    " data_source is_auto:integer",
    # What runs here runs to its end at once, and no advice is given.
    "svv_vacuum_progress": "table_name status time_remaining_estimate",
    "svv_alter_table_recommendations": "type database table_id:integer group_id:integer ddl"
    " auto_eligible",
    # "STL_ERROR doesn't record SQL errors or messages": errors of the engine alone.
    "stl_error": "userid:integer process recordtime:timestamp pid:integer errcode:integer file"
    " linenum:integer context error",
}


def _view(name: str, columns: str) -> str:
    shown = ", ".join(
        f'NULL::{kind or "text"} AS "{column}"'
        for column, _, kind in (one.partition(":") for one in columns.split())
    )
    return f"CREATE VIEW redshift.{name} AS SELECT {shown} WHERE false;\n"


NAMES = frozenset(_COLUMNS)
ABSENT = "".join(_view(*one) for one in _COLUMNS.items())
