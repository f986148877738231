"""What goes wrong in the room `sql/`: errors of the warehouse in Redshift's words, and ours."""

from __future__ import annotations


class SqlError(Exception):
    """A statement failed. `message` is what DescribeStatement's `Error` shows ("ERROR: ...").

    `detail` is ours, for whoever debugs a run: what Redshift writes to `stl_load_errors`, or the
    embedded PostgreSQL's own words where they say more.
    """

    def __init__(self, message: str, *, sqlstate: str = "XX000", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.detail = detail


class NotSupported(SqlError):
    """Redshift has this and the simulator does not, or the other way round: refused by name."""

    def __init__(self, what: str, hint: str = "") -> None:
        ending = f" ({hint})" if hint else ""
        super().__init__(f"ERROR: not simulated: {what}{ending}", sqlstate="0A000")
        self.what = what


class LockUnavailable(Exception):
    """Another transaction holds a lock that the statement needs. The statement was undone, its
    transaction goes on: ask again after the other one ended.

    `holders` are the transactions in the way, empty where they could not be told; `wanted` the
    tables' oids with the strength of the lock on each (`sql.isolation`).
    """

    def __init__(
        self,
        message: str = "",
        holders: tuple[object, ...] = (),
        wanted: frozenset[tuple[int, int]] = frozenset(),
    ) -> None:
        super().__init__(message)
        self.holders = holders
        self.wanted = wanted


class ServerError(Exception):
    """The embedded PostgreSQL, or a folder that it needs, is not as it must be."""
