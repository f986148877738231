"""A statement as the service keeps it, and the frozen view that reports get.

An ExecuteStatement is kept as a batch of one, whose only sub-statement bears the statement's own id
and is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.services.redshift_data.kept_session import KeptSession, Login
from simulator.services.redshift_data.requests import texts_of
from simulator.services.redshift_data.results import Result


@dataclass(slots=True)
class SubStatement:
    """One SQL statement. Times are virtual milliseconds; `result` is there once it is FINISHED."""

    id: str
    sql: str
    parameters: dict[str, str]
    created_ms: int
    updated_ms: int
    status: str = "SUBMITTED"
    error: str | None = None
    # what the simulator knows beyond Redshift's words, such as the line that COPY refused
    detail: str = ""
    started_ms: int | None = None
    ended_ms: int | None = None
    query_id: int = 0
    result: Result | None = None
    # the statements that the text holds, apart by semicolons; it has one result, the last one's
    texts: tuple[str, ...] = ()
    part: int = 0

    def __post_init__(self) -> None:
        self.texts = texts_of(self.sql, prepared=bool(self.parameters))

    @property
    def text(self) -> str:
        """The statement whose turn it is."""
        return self.texts[self.part]

    @property
    def is_at_last(self) -> bool:
        """Whether that is its last one."""
        return self.part == len(self.texts) - 1


@dataclass(slots=True)
class Statement:
    """What ExecuteStatement or BatchExecuteStatement submitted."""

    id: str
    name: str | None
    is_batch: bool
    login: Login
    role_arn: str
    caller: str
    parameters: tuple[tuple[str, str], ...]
    subs: list[SubStatement]
    created_ms: int
    updated_ms: int
    result_format: str = "JSON"
    # whether each statement of the batch commits on its own
    auto_commits: bool = False
    with_event: bool = False
    session: KeptSession | None = None
    status: str = "SUBMITTED"
    error: str | None = None
    started_ms: int | None = None
    ended_ms: int | None = None
    pid: int = 0
    # what makes this statement's place in the simulation, for ids and noise
    place: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SubStatementView:
    """A statement of a batch, for reports. `row_count` is -1 where there is none."""

    id: str
    sql: str
    status: str
    error: str | None
    detail: str
    started_ms: int | None
    finished_ms: int | None
    row_count: int


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement for reports; times are virtual milliseconds, None where it didn't come to it.

    `detail` says more of an error than Redshift does; "" where there is nothing more to say.
    """

    id: str
    name: str | None
    status: str
    sqls: tuple[str, ...]
    error: str | None
    detail: str
    created_ms: int
    started_ms: int | None
    finished_ms: int | None
    sub_statements: tuple[SubStatementView, ...]
    cluster: str
    database: str
    db_user: str
    caller: str

    @property
    def duration_ms(self) -> int | None:
        """From its start on the warehouse to its end, whatever the end was."""
        if self.started_ms is None or self.finished_ms is None:
            return None
        return self.finished_ms - self.started_ms


def view_of(statement: Statement) -> StatementView:
    """The statement as it is now."""
    return StatementView(
        id=statement.id,
        name=statement.name,
        status=statement.status,
        sqls=tuple(sub.sql for sub in statement.subs),
        error=statement.error,
        detail="; ".join(sub.detail for sub in statement.subs if sub.detail),
        created_ms=statement.created_ms,
        started_ms=statement.started_ms,
        finished_ms=statement.ended_ms,
        sub_statements=tuple(
            SubStatementView(
                id=sub.id,
                sql=sub.sql,
                status=sub.status,
                error=sub.error,
                detail=sub.detail,
                started_ms=sub.started_ms,
                finished_ms=sub.ended_ms,
                row_count=-1 if sub.result is None else sub.result.row_count,
            )
            for sub in statement.subs
        ),
        cluster=statement.login.cluster,
        database=statement.login.database,
        db_user=statement.login.db_user,
        caller=statement.caller,
    )
