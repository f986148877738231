"""Where statements run and as whom, and a session that is kept for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.services.redshift_data.limits import MAX_SESSION_MS

if TYPE_CHECKING:
    from simulator.sql.session import Session
    from simulator.sql.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Login:
    """Where a statement runs and as whom. `cluster` names a cluster, or a workgroup."""

    cluster: str
    database: str
    db_user: str
    secret_arn: str | None = None
    is_workgroup: bool = False
    # what a secret says; None where nobody asks for it
    password: str | None = field(default=None, repr=False)
    # the user of an IAM identity, who is made where there is none
    is_iam: bool = False

    @property
    def endpoint(self) -> tuple[str, bool]:
        """What it connects to: the name, and whether that is a workgroup's."""
        return self.cluster, self.is_workgroup


@dataclass(slots=True, eq=False)
class KeptSession:
    """A session of the Data API. Times are virtual milliseconds; `closes_ms` is when it closes by
    itself, None while a statement runs."""

    id: str
    login: Login
    warehouse: Warehouse
    sql: Session
    role_arn: str
    caller: str
    created_ms: int
    updated_ms: int
    keep_alive_seconds: int
    statement_id: str | None = None
    closes_ms: int | None = None
    is_closed: bool = False

    @property
    def last_ms(self) -> int:
        """When it is closed in any case."""
        return self.created_ms + MAX_SESSION_MS

    @property
    def status(self) -> str:
        """AVAILABLE, BUSY or CLOSED (API reference, SessionData)."""
        if self.is_closed:
            return "CLOSED"
        return "AVAILABLE" if self.statement_id is None else "BUSY"

    def begin(self, statement_id: str, keep_alive_seconds: int | None, now_ms: int) -> None:
        """It runs a statement from now on."""
        if keep_alive_seconds is not None:
            self.keep_alive_seconds = keep_alive_seconds
        self.statement_id, self.closes_ms, self.updated_ms = statement_id, None, now_ms

    def end(self, now_ms: int) -> None:
        """Its statement is over; from here its keep-alive counts."""
        self.statement_id, self.updated_ms = None, now_ms
        self.closes_ms = min(now_ms + self.keep_alive_seconds * 1000, self.last_ms)

    def close(self, at_ms: int) -> None:
        """It is over, with its temporary tables."""
        self.is_closed, self.updated_ms, self.statement_id = True, at_ms, None
        self.warehouse.end_session(self.sql)
