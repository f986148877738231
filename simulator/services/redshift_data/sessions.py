"""Sessions that outlive a statement: SessionId, SessionKeepAliveSeconds, ListSessions.

A session runs one statement at a time and queues none (AWS Big Data Blog, "Accelerate your data
workflows with Amazon Redshift Data API persistent sessions"). It closes when its keep-alive is over
after a statement, and 24 hours after it was made. That is judged when somebody asks, not by a
timer: time is virtual, and would otherwise run on to the end of every keep-alive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.engine.ports import World
from simulator.services.api import Caller, ServiceError
from simulator.services.redshift_data.answers import moment
from simulator.services.redshift_data.endpoints import Endpoint, endpoint_of
from simulator.services.redshift_data.kept_session import KeptSession, Login
from simulator.services.redshift_data.limits import (
    MAX_LISTED,
    MAX_SESSIONS,
    SESSION_RETENTION_MS,
)
from simulator.services.redshift_data.requests import refusal
from simulator.services.redshift_data.results import offset_of, token_of
from simulator.sql.session import Session

if TYPE_CHECKING:
    from simulator.sql.warehouse import Warehouse

_BESIDE_ID = ("Status", "ClusterIdentifier", "WorkgroupName", "Database")


class Sessions:
    """The sessions of one simulation."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, KeptSession] = {}

    def new(
        self,
        login: Login,
        warehouse: Warehouse,
        caller: Caller,
        place: str,
        keep_alive_seconds: int,
    ) -> KeptSession:
        """A session for the statement at `place`. Raises ActiveSessionsExceededException."""
        self._close_what_is_over()
        active = [
            one
            for one in self._sessions.values()
            if not one.is_closed and one.login.endpoint == login.endpoint
        ]
        if len(active) >= MAX_SESSIONS:
            raise ServiceError(
                "ActiveSessionsExceededException",
                f"The maximum number of active sessions, {MAX_SESSIONS}, is exceeded.",
            )
        now_ms = self._world.scheduler.now_ms
        session = KeptSession(
            id=self._world.identity.uuid("session", place, 1),
            login=login,
            warehouse=warehouse,
            sql=Session(login.database, login.db_user),
            role_arn=caller.role_arn,
            caller=caller.name,
            created_ms=now_ms,
            updated_ms=now_ms,
            keep_alive_seconds=keep_alive_seconds,
        )
        self._sessions[session.id] = session
        return session

    def available(self, session_id: str, caller: Caller) -> KeptSession:
        """The session, ready to run a statement. Raises ValidationException where it is not.

        AWS's words for one that was closed and one that never was (github.com/awslabs/mcp issue
        4587); that a busy one is refused by the same words is assumed.
        """
        self._close_what_is_over()
        session = self._sessions.get(session_id)
        if session is None or session.role_arn != caller.role_arn:
            raise refusal(f"Session with Id: {session_id} is invalid.")
        if session.status != "AVAILABLE":
            raise refusal("Session is not available.")
        return session

    def end_all(self, endpoint: Endpoint) -> None:
        """The connections to this endpoint are cut."""
        now_ms = self._world.scheduler.now_ms
        for session in self._sessions.values():
            if session.login.endpoint == endpoint and not session.is_closed:
                session.close(now_ms)

    def close(self) -> None:
        """Give back what sessions hold."""
        for session in self._sessions.values():
            if not session.is_closed:
                session.close(self._world.scheduler.now_ms)

    def listed(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """ListSessions' answer: the caller's own, newest first."""
        self._close_what_is_over()
        found = self._named(request, caller) or self._matching(request, caller)
        token = request.get("NextToken")
        start = 0 if token is None else offset_of(token, len(found))
        end = start + (request.get("MaxResults") or MAX_LISTED)
        answer: dict[str, Any] = {"Sessions": [_shown(one) for one in found[start:end]]}
        if end < len(found):
            answer["NextToken"] = token_of(end)
        return answer

    def _named(self, request: Mapping[str, Any], caller: Caller) -> list[KeptSession] | None:
        """The session of SessionId: "When you provide SessionId, you can't specify Status,
        ClusterIdentifier, WorkgroupName, or Database" (API reference, ListSessions)."""
        session_id = request.get("SessionId")
        if session_id is None:
            return None
        given = [member for member in _BESIDE_ID if request.get(member)]
        if given:
            raise refusal(f"{', '.join(given)} cannot be provided with SessionId.")
        session = self._sessions.get(session_id)
        if session is None or not self._is_seen(session, request, caller):
            raise ServiceError(
                "ResourceNotFoundException", "Session does not exist.", ResourceId=session_id
            )
        return [session]

    def _matching(self, request: Mapping[str, Any], caller: Caller) -> list[KeptSession]:
        endpoint = endpoint_of(request)
        status = request.get("Status")
        wanted = ("AVAILABLE", "BUSY") if status is None else (status,)
        return [
            one
            for one in reversed(self._sessions.values())
            if self._is_seen(one, request, caller)
            and one.status in wanted
            and endpoint in (None, one.login.endpoint)
            and request.get("Database") in (None, one.login.database)
        ]

    def _is_seen(self, session: KeptSession, request: Mapping[str, Any], caller: Caller) -> bool:
        age_ms = self._world.scheduler.now_ms - session.created_ms
        is_own = session.role_arn == caller.role_arn
        if not request.get("RoleLevel", True):
            # Only "the current IAM session": ours is the function, state or client that calls.
            is_own = is_own and session.caller == caller.name
        return is_own and age_ms < SESSION_RETENTION_MS

    def _close_what_is_over(self) -> None:
        now_ms = self._world.scheduler.now_ms
        for session in self._sessions.values():
            closes_ms = session.closes_ms
            if closes_ms is not None and closes_ms <= now_ms and not session.is_closed:
                session.close(closes_ms)


def _shown(session: KeptSession) -> dict[str, Any]:
    login = session.login
    place = "WorkgroupName" if login.is_workgroup else "ClusterIdentifier"
    shown: dict[str, Any] = {
        "SessionId": session.id,
        "Status": session.status,
        "CreatedAt": moment(session.created_ms),
        "UpdatedAt": moment(session.updated_ms),
        "Database": login.database,
        "DbUser": login.db_user,
        place: login.cluster,
        "SessionAliveSeconds": session.keep_alive_seconds,
        # While it is busy only the end of its 24 hours is known.
        "SessionTtl": moment(session.last_ms if session.closes_ms is None else session.closes_ms),
    }
    if session.statement_id is not None:
        shown["CurrentStatementId"] = session.statement_id
    return shown
