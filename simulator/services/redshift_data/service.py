"""The service "redshift-data": its operations, over the statements of one simulation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator.engine.ports import World
from simulator.services.api import Caller, ServiceError
from simulator.services.redshift_cluster import RedshiftCluster
from simulator.services.redshift_data import answers
from simulator.services.redshift_data.client_tokens import ClientTokens
from simulator.services.redshift_data.endpoints import Endpoints, Provider, endpoint_of
from simulator.services.redshift_data.life_cycle import is_final
from simulator.services.redshift_data.limits import MAX_LISTED, RETENTION_MS
from simulator.services.redshift_data.requests import (
    check_statement_size,
    login_of,
    parameters_by_statement,
    refusal,
    refuse_unmodelled,
)
from simulator.services.redshift_data.results import offset_of, page_of, token_of
from simulator.services.redshift_data.runs import Runner
from simulator.services.redshift_data.statements import (
    Statement,
    StatementView,
    SubStatement,
    view_of,
)

if TYPE_CHECKING:
    from simulator.sql.warehouse import Warehouse


class RedshiftData:
    """The Data API. `warehouses(cluster_identifier)` gives the warehouse behind a cluster, or None;
    `secrets` maps a secret's name or ARN to the database user that it holds."""

    name = "redshift-data"

    def __init__(
        self,
        world: World,
        warehouses: Callable[[str], Warehouse | None],
        cluster: RedshiftCluster,
        *,
        secrets: Mapping[str, str] | None = None,
        workgroups: Provider | None = None,
    ) -> None:
        self._world = world
        self._warehouses = warehouses
        self._endpoints = Endpoints(cluster, workgroups)
        self._secrets = {} if secrets is None else secrets
        self._statements: dict[str, Statement] = {}
        self._tokens = ClientTokens()
        self._runner = Runner(world, self._endpoints)

    @property
    def statements(self) -> list[StatementView]:
        """Every statement of the simulation as it is now, oldest first, for reports."""
        return [view_of(statement) for statement in self._statements.values()]

    def close(self) -> None:
        """Roll back what still runs and give its connections back."""
        self._runner.close()

    def execute_statement(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Submit one SQL statement; the answer comes before it runs."""
        return self._submit("ExecuteStatement", request, [request["Sql"]], caller)

    def batch_execute_statement(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Submit up to 40 SQL statements that run as one transaction."""
        return self._submit("BatchExecuteStatement", request, request["Sqls"], caller)

    def describe_statement(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """A statement's status, or that of one of a batch's by its id with ":2"."""
        refuse_unmodelled(request, "DescribeStatement")
        statement, sub = self._find(request["Id"])
        if sub is None:
            return answers.described(statement)
        return answers.described_sub(statement, sub)

    def get_statement_result(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """A page of the rows of a FINISHED statement that has a result set."""
        refuse_unmodelled(request, "GetStatementResult")
        statement, sub = self._find(request["Id"])
        if sub is None:
            if statement.is_batch:
                # AWS's words (apache/airflow issue 40427).
                raise refusal(
                    "BatchExecuteStatement result can only be retrieved with sub-statement id."
                )
            sub = statement.subs[0]
        if sub.result is None or not sub.result.has_result_set:
            raise _not_found(
                "Query does not have result. Please check query status with DescribeStatement.",
                request["Id"],
            )
        return page_of(sub.result, request.get("NextToken"))

    def cancel_statement(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Stop a statement that has not ended. Only the role that submitted it may.

        "Users with the same IAM role ... can act on the same statement with CancelStatement"
        (Considerations when calling the Amazon Redshift Data API).
        """
        statement, sub = self._find(request["Id"])
        if statement.role_arn != caller.role_arn:
            raise _not_found("Query does not exist.", request["Id"])
        if sub is not None:
            raise refusal("A statement of a batch cannot be cancelled by its own id.")
        if is_final(statement.status):
            # AWS's words (aws/aws-sdk-js-v3 issue 3056).
            raise refusal(
                f"Could not cancel a query that is already in {statement.status} state "
                f"with ID: {statement.id}"
            )
        self._runner.cancel(statement)
        return {"Status": True}

    def list_statements(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """The caller's statements, newest first; only FINISHED ones unless Status says otherwise.

        "By default, only finished statements are shown" (API reference, ListStatements).
        """
        endpoint = endpoint_of(request)
        matching = [
            statement
            for statement in reversed(self._statements.values())
            if not self._is_expired(statement)
            and endpoint in (None, statement.login.endpoint)
            and _is_listed(statement, request, caller)
        ]
        token = request.get("NextToken")
        start = 0 if token is None else offset_of(token, len(matching))
        end = start + (request.get("MaxResults") or MAX_LISTED)
        answer: dict[str, Any] = {
            "Statements": [answers.listed(statement) for statement in matching[start:end]]
        }
        if end < len(matching):
            answer["NextToken"] = token_of(end)
        return answer

    def _submit(
        self, operation: str, request: dict[str, Any], sqls: Sequence[str], caller: Caller
    ) -> dict[str, Any]:
        refuse_unmodelled(request, operation)
        now_ms = self._world.scheduler.now_ms
        earlier = self._tokens.first_answer(operation, request, caller.role_arn, now_ms)
        if earlier is not None:
            return earlier
        statement, warehouse = self._new_statement(operation, request, sqls, caller)
        self._statements[statement.id] = statement
        self._runner.submit(statement, warehouse)
        answer = answers.submitted(statement)
        self._tokens.remember(operation, request, caller.role_arn, now_ms, answer)
        return answer

    def _new_statement(
        self, operation: str, request: dict[str, Any], sqls: Sequence[str], caller: Caller
    ) -> tuple[Statement, Warehouse]:
        check_statement_size(sqls)
        given = request.get("Parameters", [])
        parameters = parameters_by_statement(sqls, given)
        login, warehouse = login_of(
            request, caller, self._endpoints, self._warehouses, self._secrets
        )
        identity, now_ms = self._world.identity, self._world.scheduler.now_ms
        name = request.get("StatementName")
        # its members one by one: what a login comes to hold besides changes no id
        asked = [operation, login.cluster, login.database, login.db_user, sqls, given]
        digest = hashlib.blake2b(json.dumps(asked, sort_keys=True).encode(), digest_size=8)
        place = f"{name or ''}:{digest.hexdigest()}"
        occurrence = identity.occurrence("statement", place)
        statement_id = identity.uuid("statement", place, occurrence)
        is_batch = operation == "BatchExecuteStatement"
        statement = Statement(
            id=statement_id,
            name=name,
            is_batch=is_batch,
            login=login,
            role_arn=caller.role_arn,
            caller=caller.name,
            parameters=tuple((one["name"], one["value"]) for one in given),
            subs=[
                SubStatement(
                    id=f"{statement_id}:{number}" if is_batch else statement_id,
                    sql=sql,
                    parameters=used,
                    created_ms=now_ms,
                    updated_ms=now_ms,
                )
                for number, (sql, used) in enumerate(zip(sqls, parameters, strict=True), start=1)
            ],
            created_ms=now_ms,
            updated_ms=now_ms,
            place=f"{place}:{occurrence}",
        )
        return statement, warehouse

    def _find(self, any_id: str) -> tuple[Statement, SubStatement | None]:
        """The statement with this id, and which of its batch the id names."""
        statement_id, _, number = any_id.partition(":")
        statement = self._statements.get(statement_id)
        if statement is not None and not self._is_expired(statement):
            if not number:
                return statement, None
            for sub in statement.subs:
                if statement.is_batch and sub.id == any_id:
                    return statement, sub
        raise _not_found("Query does not exist.", any_id)

    def _is_expired(self, statement: Statement) -> bool:
        end_ms = statement.ended_ms
        return end_ms is not None and self._world.scheduler.now_ms - end_ms >= RETENTION_MS


def _is_listed(statement: Statement, request: Mapping[str, Any], caller: Caller) -> bool:
    """Whether ListStatements' filters let it through."""
    status = request.get("Status", "FINISHED")
    is_own = statement.role_arn == caller.role_arn
    if not request.get("RoleLevel", True):
        # Only "the current IAM session": ours is the function, state or client that calls.
        is_own = is_own and statement.caller == caller.name
    return (
        is_own
        and status in ("ALL", statement.status)
        and (statement.name or "").startswith(request.get("StatementName", ""))
        and request.get("Database") in (None, statement.login.database)
    )


def _not_found(message: str, statement_id: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", message, ResourceId=statement_id)
