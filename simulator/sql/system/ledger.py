"""What a warehouse remembers of its statements, loads and unloads, for the system views.

It is no part of any transaction: what failed is in it, and who asks sees it as it is at that
moment. It reaches PostgreSQL as a setting of the transaction that asks (`asl.ledger_<kind>`), where
the views of `system.log_views` unfold it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from simulator.sql.lexer import quote_text

if TYPE_CHECKING:
    from simulator.sql.loading.copy_command import CopyCommand
    from simulator.sql.loading.copying import Load, LoadError

# The kinds of entries by the system views that show them.
SHOWN_BY = {
    "queries": (
        "stl_query", "stl_querytext", "stl_utilitytext", "stl_ddltext", "svl_qlog",
        "svl_statementtext", "stv_recents", "stv_inflight", "sys_query_history", "sys_query_text",
        "sys_transaction_history", "stv_sessions",
    ),
    "load_errors": ("stl_load_errors", "stl_loaderror_detail", "sys_load_error_detail"),
    "replacements": ("stl_replacements",),
    "loads": (
        "stl_load_commits", "stl_file_scan", "sys_load_history", "sys_load_detail", "stl_s3client",
    ),
    "unloads": ("stl_unload_log", "sys_unload_history", "sys_unload_detail"),
    "messages": ("svl_stored_proc_messages", "sys_procedure_messages"),
    "calls": ("svl_stored_proc_call", "sys_procedure_call"),
}  # fmt: skip
_KINDS = {name: kind for kind, names in SHOWN_BY.items() for name in names}
# How a procedure's statement has a variable in it.
_VALUE = re.compile(r"(?:CAST|JSON_PARSE)\(:p(\d+)(?: AS [a-z ]+(?:\([\d, ]*\))?)?\)")
# Entries of each kind that are kept; the oldest go first.
LIMIT = 10_000


@dataclass(slots=True)
class Query:
    """A statement of a client's, in virtual time. `ended_ms` None: it still runs, or its
    transaction was given back without a word of when."""

    query: int
    xid: int
    pid: int
    user: str
    database: str
    text: str
    kind: str
    started_ms: int
    ended_ms: int | None = None
    error: str = ""
    rows: int = 0
    aborted: bool = False
    # the number of the stored procedure's call that it is part of
    caller: int | None = None
    # what SET query_group said
    label: str = "default"


# "loglevel" of SVL_STORED_PROC_MESSAGES; DEBUG is PL/pgSQL's, and no page names it.
LEVELS = {"DEBUG": 10, "LOG": 20, "INFO": 30, "NOTICE": 40, "WARNING": 50, "EXCEPTION": 60}


@dataclass(frozen=True, slots=True)
class Message:
    """What a procedure said with RAISE, at which level."""

    level: str
    text: str


@dataclass(slots=True)
class Ledger:
    """One warehouse's memory."""

    queries: list[Query] = field(default_factory=list)
    load_errors: list[dict[str, Any]] = field(default_factory=list)
    replacements: list[dict[str, Any]] = field(default_factory=list)
    loads: list[dict[str, Any]] = field(default_factory=list)
    unloads: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    _last: int = 0

    def begin(self, query: Query) -> Query:
        """Keeps a statement that starts. Its number is the one that it has, or the next one free
        where that is lower: who was first has the lower number."""
        self._last = query.query = max(query.query, self._last + 1)
        self.queries.append(query)
        del self.queries[:-LIMIT]
        return query

    def begin_inside(self, text: str, call: Query, caller: int | None, now_ms: int) -> Query:
        """Keeps a statement of a stored procedure, with `$1` for the value of a variable."""
        shown = _VALUE.sub(r"$\1", text)
        query = replace(
            call, query=0, text=shown, kind="", started_ms=now_ms, rows=0, caller=caller
        )
        return self.begin(query)

    def forget(self, query: Query) -> None:
        """A statement that has to wait will be kept when it is asked again."""
        self.queries.remove(query)

    def add_load_errors(
        self, command: CopyCommand, errors: Iterable[LoadError], query: Query
    ) -> None:
        """Rows that a COPY did not load."""
        self.load_errors += _rows_of(command, errors, query)
        del self.load_errors[:-LIMIT]

    def add_load(self, command: CopyCommand, load: Load, query: Query) -> None:
        """A COPY that ended well, with what it skipped."""
        self.add_load_errors(command, load.errors, query)
        self.replacements += _rows_of(command, load.replaced, query)
        del self.replacements[:-LIMIT]
        source = f"s3://{command.bucket}/{command.prefix}"
        self.loads.extend(
            {
                **_of(query), "table": command.table, "source": source, "filename": name,
                "lines": lines, "bytes": size, "loaded": load.count, "errors": len(load.errors),
                "format": command.file_format,
            }
            for name, lines, size in load.files
        )  # fmt: skip
        del self.loads[:-LIMIT]

    def add_unload(self, path: str, rows: int, size: int, kind: str, query: Query) -> None:
        """A file that an UNLOAD wrote."""
        entry = {**_of(query), "path": path, "rows": rows, "size": size, "format": kind}
        self.unloads.append(entry)
        del self.unloads[:-LIMIT]

    def add_message(self, message: Message, line: int, query: Query, now_ms: int) -> dict[str, Any]:
        """What a stored procedure said with RAISE; the entry, to be completed with
        `aborted`."""
        entry = {
            **_of(query), "at": now_ms, "level": message.level, "number": LEVELS[message.level],
            "text": message.text, "line": line, "call": query.text, "aborted": False,
        }  # fmt: skip
        self.messages.append(entry)
        del self.messages[:-LIMIT]
        return entry

    def add_call(self, text: str, caller: int | None, query: Query, now_ms: int) -> dict[str, Any]:
        """A stored procedure that is entered, by another one's call perhaps; the entry, to be
        completed with `ended_ms` and `aborted`. Its `call` is its query's number."""
        number = query.query
        if caller is not None:
            self._last += 1
            number = self._last
        entry = {
            **_of(query), "at": now_ms, "call": number, "caller": caller, "text": text,
            "ended_ms": None, "aborted": False,
        }  # fmt: skip
        self.calls.append(entry)
        del self.calls[:-LIMIT]
        return entry

    def settings_for(self, tables: Iterable[str], now_ms: int) -> str:
        """SQL that shows the views among these tables what they are about; "" for none."""
        kinds = {_KINDS[name] for one in tables if (name := _bare(one)) in _KINDS}
        return "".join(self.setting_of(kind, now_ms) for kind in sorted(kinds))

    def setting_of(self, kind: str, now_ms: int) -> str:
        """SQL that shows one kind of entries."""
        entries = getattr(self, kind)
        if kind == "queries":
            entries = [_shown(one, now_ms) for one in entries]
        shown = json.dumps(entries, ensure_ascii=True)
        return f"SET LOCAL asl.ledger_{kind} = {quote_text(shown)};"


def _bare(name: str) -> str:
    return name.replace('"', "").rpartition(".")[2]


def _rows_of(command: CopyCommand, rows: Iterable[LoadError], query: Query) -> list[dict[str, Any]]:
    named = {"table": command.table, "schema": command.schema}
    return [{**asdict(one), **_of(query), **named} for one in rows]


def _of(query: Query) -> dict[str, Any]:
    return {
        "query": query.query, "xid": query.xid, "pid": query.pid, "user": query.user,
        "database": query.database, "at": query.started_ms,
    }  # fmt: skip


def _shown(query: Query, now_ms: int) -> dict[str, Any]:
    """As the views have it: a statement that has not ended is running."""
    kept = asdict(query)
    kept["running"] = query.ended_ms is None and not query.error
    kept["ended_ms"] = query.ended_ms if query.ended_ms is not None else now_ms
    return kept
