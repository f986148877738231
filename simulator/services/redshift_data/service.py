"""The service "redshift-data": its operations, over the statements of one simulation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from simulator.engine.ports import Pending, World
from simulator.services.api import Caller, ServiceError
from simulator.services.redshift.clusters import RedshiftCluster
from simulator.services.redshift_data import answers, status_events
from simulator.services.redshift_data.catalog import Catalog
from simulator.services.redshift_data.client_tokens import ClientTokens
from simulator.services.redshift_data.endpoints import Endpoints, Provider, endpoint_of
from simulator.services.redshift_data.kept_session import KeptSession, Login
from simulator.services.redshift_data.life_cycle import is_final
from simulator.services.redshift_data.limits import (
    CONCURRENCY,
    MAX_ACTIVE_STATEMENTS,
    MAX_LISTED,
    RETENTION_MS,
)
from simulator.services.redshift_data.logins import Logins, SecretContent, refuse_beside_session
from simulator.services.redshift_data.requests import (
    check_statement_size,
    parameters_by_statement,
    refusal,
)
from simulator.services.redshift_data.results import (
    Result,
    csv_page_of,
    offset_of,
    page_of,
    token_of,
)
from simulator.services.redshift_data.runs import Runner
from simulator.services.redshift_data.sessions import Sessions
from simulator.services.redshift_data.statements import (
    Statement,
    StatementView,
    SubStatement,
    view_of,
)
from simulator.services.redshift_data.waiting import Waiters

if TYPE_CHECKING:
    from simulator.services.eventbridge.bus import EventBus
    from simulator.sql.warehouse import Warehouse

Request: TypeAlias = dict[str, Any]
Answer: TypeAlias = dict[str, Any]


class RedshiftData:
    """The Data API. `warehouses(cluster_identifier)` gives the warehouse behind a cluster, or None;
    `secrets` maps a secret's name or ARN to what it holds (None: no Secrets Manager); `events` is
    the bus that hears of statements with WithEvent; `concurrency` says how many statements run at
    once on a warehouse."""

    name = "redshift-data"

    def __init__(
        self,
        world: World,
        warehouses: Callable[[str], Warehouse | None],
        cluster: RedshiftCluster,
        *,
        secrets: Mapping[str, SecretContent] | None = None,
        workgroups: Provider | None = None,
        events: EventBus | None = None,
        concurrency: int = CONCURRENCY,
    ) -> None:
        self._world = world
        self._events = events
        self._endpoints = Endpoints(cluster, workgroups)
        self._logins = Logins(self._endpoints, warehouses, secrets)
        self._statements: dict[str, Statement] = {}
        self._tokens = ClientTokens()
        self._waiters = Waiters(world)
        self._sessions = Sessions(world)
        self._catalog = Catalog(self._logins, self._endpoints)
        self._runner = Runner(
            world, self._endpoints, changed=self._has_changed, concurrency=concurrency
        )
        # after the runner's: what runs in a session ends before the session does
        self._endpoints.when_pausing(self._sessions.end_all)

    @property
    def statements(self) -> list[StatementView]:
        """Every statement of the simulation as it is now, oldest first, for reports."""
        return [view_of(statement) for statement in self._statements.values()]

    def close(self) -> None:
        """Roll back what still runs, end sessions, give their connections back."""
        self._runner.close()
        self._sessions.close()

    def execute_statement(self, request: Request, caller: Caller) -> Answer | Pending:
        """Submit one SQL statement; the answer comes before it runs, or after WaitTimeSeconds."""
        return self._submit("ExecuteStatement", request, [request["Sql"]], caller)

    def batch_execute_statement(self, request: Request, caller: Caller) -> Answer | Pending:
        """Submit up to 40 SQL statements that run as one transaction, or each as its own."""
        return self._submit("BatchExecuteStatement", request, request["Sqls"], caller)

    def describe_statement(self, request: Request, caller: Caller) -> Answer | Pending:
        """A statement's status, or that of one of a batch's by its id with ":2"; with
        WaitTimeSeconds once it has ended."""
        any_id = request["Id"]

        def describe() -> Answer:
            statement, sub = self._find(any_id, caller)
            if sub is None:
                return answers.described(statement)
            return answers.described_sub(statement, sub)

        return self._waited(request, caller, describe)

    def get_statement_result(self, request: Request, caller: Caller) -> Answer | Pending:
        """A page of the rows of a FINISHED statement that has a result set."""
        return self._waited(
            request,
            caller,
            lambda: page_of(self._result(request["Id"], "JSON", caller), request.get("NextToken")),
        )

    def get_statement_result_v2(self, request: Request, caller: Caller) -> Answer | Pending:
        """A page of a result as CSV."""
        return self._waited(
            request,
            caller,
            lambda: csv_page_of(
                self._result(request["Id"], "CSV", caller), request.get("NextToken")
            ),
        )

    def cancel_statement(self, request: Request, caller: Caller) -> Answer:
        """Stop a statement that has not ended."""
        statement, sub = self._find(request["Id"], caller)
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

    def list_statements(self, request: Request, caller: Caller) -> Answer:
        """The caller's statements, newest first; only FINISHED ones unless Status says otherwise.

        "By default, only finished statements are shown" (API reference, ListStatements).
        """
        self._runner.end_overdue()
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
        answer: Answer = {
            "Statements": [answers.listed(statement) for statement in matching[start:end]]
        }
        if end < len(matching):
            answer["NextToken"] = token_of(end)
        return answer

    def list_sessions(self, request: Request, caller: Caller) -> Answer:
        """The caller's sessions, newest first; only open ones unless Status says otherwise."""
        self._runner.end_overdue()
        return self._sessions.listed(request, caller)

    def list_databases(self, request: Request, caller: Caller) -> Answer:
        """The databases of a cluster or workgroup."""
        return self._catalog.databases(request, caller)

    def list_schemas(self, request: Request, caller: Caller) -> Answer:
        """The schemas of a database."""
        return self._catalog.schemas(request, caller)

    def list_tables(self, request: Request, caller: Caller) -> Answer:
        """The tables and views of a database."""
        return self._catalog.tables(request, caller)

    def describe_table(self, request: Request, caller: Caller) -> Answer:
        """The columns of a table."""
        return self._catalog.columns(request, caller)

    def _submit(
        self, operation: str, request: Request, sqls: Sequence[str], caller: Caller
    ) -> Answer | Pending:
        now_ms = self._world.scheduler.now_ms
        earlier = self._tokens.first_use(operation, request, caller.role_arn, now_ms)
        if earlier is None:
            statement = self._new_statement(operation, request, sqls, caller)
            self._tokens.remember(operation, request, caller.role_arn, now_ms, statement.id)
        else:
            statement = self._statements[earlier]
        seconds = request.get("WaitTimeSeconds")
        if seconds is None:
            return answers.submitted(statement)
        return self._waiters.answer(
            statement.id,
            seconds,
            lambda: is_final(statement.status),
            lambda: answers.submitted_and_waited(statement),
        )

    def _new_statement(
        self, operation: str, request: Request, sqls: Sequence[str], caller: Caller
    ) -> Statement:
        """Take a statement on its way. Raises what AWS answers where it can't be."""
        self._runner.end_overdue()
        check_statement_size(sqls)
        parameters = parameters_by_statement(sqls, request.get("Parameters", []))
        session, login, warehouse = self._connection(request, caller)
        if self._runner.active(login.endpoint) >= MAX_ACTIVE_STATEMENTS:
            raise ServiceError(
                "ActiveStatementsExceededException",
                f"The number of active statements exceeds the limit of {MAX_ACTIVE_STATEMENTS}.",
            )
        statement = self._made(operation, request, sqls, parameters, login, caller)
        keep_alive_seconds = request.get("SessionKeepAliveSeconds")
        if session is None and keep_alive_seconds:
            session = self._sessions.new(
                login, warehouse, caller, statement.place, keep_alive_seconds
            )
        if session is not None:
            statement.session = session
            session.begin(statement.id, keep_alive_seconds, self._world.scheduler.now_ms)
        self._statements[statement.id] = statement
        if self._endpoints.reach_of(login.endpoint) == "down":
            raise self._unreachable(operation, statement, warehouse)
        self._runner.submit(statement, warehouse)
        return statement

    def _connection(
        self, request: Request, caller: Caller
    ) -> tuple[KeptSession | None, Login, Warehouse]:
        session_id = request.get("SessionId")
        if session_id is None:
            return None, *self._logins.of(request, caller)
        refuse_beside_session(request)
        session = self._sessions.available(session_id, caller)
        return session, session.login, session.warehouse

    def _unreachable(
        self, operation: str, statement: Statement, warehouse: Warehouse
    ) -> ServiceError:
        """ "An SQL statement encountered an environmental error while running" (API reference,
        ExecuteStatementException): nobody answers at the endpoint."""
        login = statement.login
        status = self._endpoints.state_of(login.endpoint)
        error = f"FATAL: connection refused: cluster {login.cluster} is {status}"
        self._runner.refuse(statement, warehouse, error)
        return ServiceError(f"{operation}Exception", error, status=500, StatementId=statement.id)

    def _made(
        self,
        operation: str,
        request: Request,
        sqls: Sequence[str],
        parameters: Sequence[dict[str, str]],
        login: Login,
        caller: Caller,
    ) -> Statement:
        identity, now_ms = self._world.identity, self._world.scheduler.now_ms
        name, given = request.get("StatementName"), request.get("Parameters", [])
        # its members one by one: what a login comes to hold besides changes no id
        asked = [operation, login.cluster, login.database, login.db_user, sqls, given]
        digest = hashlib.blake2b(json.dumps(asked, sort_keys=True).encode(), digest_size=8)
        place = f"{name or ''}:{digest.hexdigest()}"
        occurrence = identity.occurrence("statement", place)
        statement_id = identity.uuid("statement", place, occurrence)
        is_batch = operation == "BatchExecuteStatement"
        return Statement(
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
            result_format=request.get("ResultFormat", "JSON"),
            auto_commits=request.get("ExecutionMode") == "AUTO_COMMIT",
            with_event=bool(request.get("WithEvent")),
            place=f"{place}:{occurrence}",
        )

    def _has_changed(self, statement: Statement) -> None:
        """A status changed: whoever waits for it hears, and EventBridge of its end."""
        self._waiters.changed(statement.id)
        if self._events is not None and statement.with_event and is_final(statement.status):
            self._events.put(
                status_events.SOURCE,
                status_events.DETAIL_TYPE,
                status_events.detail_of(statement),
                [status_events.resource_of(statement, self._world)],
            )

    def _waited(
        self, request: Request, caller: Caller, make: Callable[[], Answer]
    ) -> Answer | Pending:
        """What `make` gives, after WaitTimeSeconds where the statement has not ended before."""
        any_id = request["Id"]
        statement, sub = self._find(any_id, caller)
        return self._waiters.answer(
            statement.id,
            request.get("WaitTimeSeconds"),
            lambda: is_final(statement.status if sub is None else sub.status),
            make,
        )

    def _result(self, any_id: str, result_format: str, caller: Caller) -> Result:
        """The result of a statement, or of one of a batch; in the format that it was asked for."""
        statement, sub = self._find(any_id, caller)
        if sub is None:
            if statement.is_batch:
                # AWS's words (apache/airflow issue 40427).
                raise refusal(
                    "BatchExecuteStatement result can only be retrieved with sub-statement id."
                )
            sub = statement.subs[0]
        if statement.result_format != result_format:
            # "ExecuteStatement ... must have specified ResultFormat as JSON, or let the format
            # default to JSON" (API reference, GetStatementResult); the words are ours.
            other = "GetStatementResultV2" if result_format == "JSON" else "GetStatementResult"
            raise refusal(
                f"The result of this statement is in {statement.result_format} format; use {other}."
            )
        if sub.result is None or not sub.result.has_result_set:
            raise _not_found(
                "Query does not have result. Please check query status with DescribeStatement.",
                any_id,
            )
        return sub.result

    def _find(self, any_id: str, caller: Caller) -> tuple[Statement, SubStatement | None]:
        """The statement with this id, and which of its batch the id names. To another role than
        that which submitted it there is none; sessions of one role are one.

        "Users with the same IAM role ... can act on the same statement with CancelStatement,
        DescribeStatement, GetStatementResult" and the like (Considerations when calling the Amazon
        Redshift Data API). How the others are refused is not said: as if it weren't there.
        """
        self._runner.end_overdue()
        statement_id, _, number = any_id.partition(":")
        statement = self._statements.get(statement_id)
        is_own = statement is not None and statement.role_arn == caller.role_arn
        if statement is not None and is_own and not self._is_expired(statement):
            if not number:
                return statement, None
            for sub in statement.subs:
                if statement.is_batch and sub.id == any_id:
                    return statement, sub
        hint = ""
        if statement is not None and not is_own:
            hint = f"{any_id} is there for {statement.role_arn} alone, which submitted it"
        raise _not_found("Query does not exist.", any_id, hint)

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


def _not_found(message: str, statement_id: str, hint: str = "") -> ServiceError:
    return ServiceError("ResourceNotFoundException", message, hint=hint, ResourceId=statement_id)
