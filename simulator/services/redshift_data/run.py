"""A statement on its way: what a run holds on the warehouse while it has not ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.engine.scheduler import Timer
from simulator.services.redshift_data.outcomes import NOMINAL, outcome_of
from simulator.services.redshift_data.statements import Statement, SubStatement
from simulator.sql.session import Session

if TYPE_CHECKING:
    from simulator.sql.warehouse import Transaction, Warehouse


class Run:
    """A statement or batch that has not ended, with what it holds on the warehouse."""

    __slots__ = (
        "_own_session", "first_error", "index", "outcome", "statement", "timer", "transaction",
        "warehouse", "yielding",
    )  # fmt: skip

    def __init__(self, statement: Statement, warehouse: Warehouse) -> None:
        self.statement = statement
        self.warehouse = warehouse
        self.transaction: Transaction | None = None
        self.outcome = outcome_of(NOMINAL, len(statement.subs))
        self.index = 0
        # None while it waits for somebody else: a lock's holder, or whoever cancels it
        self.timer: Timer | None = None
        # of a batch whose statements commit on their own: what went wrong first
        self.first_error: str | None = None
        # what it does as soon as one that runs beside it has ended
        self.yielding: Callable[[], None] | None = None
        self._own_session: Session | None = None

    @property
    def sub(self) -> SubStatement:
        """The statement of the batch whose turn it is."""
        return self.statement.subs[self.index]

    @property
    def is_at_last(self) -> bool:
        return self.index == len(self.statement.subs) - 1 and self.sub.is_at_last

    @property
    def place(self) -> str:
        """That statement's place in the simulation, for ids and durations."""
        part = f":{self.sub.part}" if self.sub.part else ""
        return f"{self.statement.place}:{self.index}{part}"

    @property
    def session(self) -> Session | None:
        """What its transactions share: the session that was asked for, or its own. Temporary tables
        and SET outlive a TRUNCATE, and each statement of a batch that commits on its own; one
        statement alone needs no session."""
        statement = self.statement
        if statement.session is not None:
            return statement.session.sql
        if self._own_session is None and sum(len(sub.texts) for sub in statement.subs) > 1:
            self._own_session = Session(statement.login.database, statement.login.db_user)
        return self._own_session

    def end_session(self) -> None:
        """Its own session ends with it."""
        if self._own_session is not None:
            self.warehouse.end_session(self._own_session)
