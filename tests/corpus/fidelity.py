"""The corpus of Redshift's documented examples: its files, how a case runs, what it counts as.

Each `<group>.toml` beside this file holds `group`, optional `[fixtures]` (name = SQL, several
statements apart by semicolons) and `[[case]]` tables:

    page      the documentation's page: a name of the developer guide, or a whole address
    sql       the statement under test; several apart by semicolons run in one transaction, and
              the last one is judged (`whole = true`: one statement that holds semicolons)
    fixtures  names of fixtures that run before it, in the same transaction
    setup     statements that run before it, as fixtures do
    rows      the documented result: a text for each row, cells apart by " | ", NULL as NULL,
              true and false, timestamps as "2008-01-01 09:59:59.5"; rows of a query without an
              outermost ORDER BY may come in any order
    labels    the documented names of the result's columns
    types     the documented types of the result's columns, as the Data API names them; with
              "(10,2)" or "(20)" after the name the precision and scale too, "not null" too
    count     the documented number of rows changed
    then      a query that is judged by `rows`, after `sql`
    error     a part of the documented error's message: `sql` must fail with it
    fails     true: `sql` must fail, and `then` is judged
    messages  what the statement under test says with RAISE, as "INFO: text"
    user      who runs `sql` and `then`; `setup` and `fixtures` are then committed before
    alone     true: a warehouse of its own, where each statement is a transaction of its own
    objects   files of the bucket `lake` before it (key = text)
    files     files of the bucket `lake` after it (key = text)
    gap       why the product does not agree yet; such a case must not agree

A case needs one of rows, count, error, messages, files or `holds = true` (it is enough that it
runs). A refusal ("not simulated") agrees with nothing. `python -m tests.corpus.fidelity` writes
docs/redshift-fidelity.md.
"""

from __future__ import annotations

import math
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import split_statements
from simulator.sql.loading.lake import Lake
from simulator.sql.transaction import Transaction
from simulator.sql.warehouse import Column, Outcome, User, Warehouse

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parents[1] / "docs" / "redshift-fidelity.md"
GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg/"
# 2024-01-09T10:00:00Z, the simulator's default start
NOW_MS = 1_704_794_400_000
USERS = (User("awsuser", superuser=True), User("analyst"), User("etl"))


@dataclass(frozen=True, slots=True)
class Case:
    """One documented statement with its result."""

    group: str
    number: int
    page: str
    sql: str
    setup: tuple[str, ...] = ()
    rows: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    count: int | None = None
    then: str = ""
    error: str = ""
    user: str = ""
    alone: bool = False
    whole: bool = False
    holds: bool = False
    fails: bool = False
    messages: tuple[str, ...] | None = None
    objects: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    gap: str = ""

    @property
    def name(self) -> str:
        """What a test's name shows of it."""
        return f"{self.group}-{self.number}-{self.page.rsplit('/', 1)[-1]}".replace(" ", "_")

    @property
    def address(self) -> str:
        """The page's whole address."""
        return self.page if "://" in self.page else f"{GUIDE}{self.page}.html"


def statements_of(text: str) -> list[str]:
    """The statements of a text, apart by semicolons."""
    return [text[one[0].start : one[-1].end] for one in split_statements(text)]


@cache
def load() -> list[Case]:
    """Every case, group by group. A field that is not known, or a case that claims nothing,
    fails."""
    cases = []
    for path in sorted(HERE.glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        fixtures = {name: statements_of(text) for name, text in content.get("fixtures", {}).items()}
        for number, table in enumerate(content["case"], start=1):
            try:
                cases.append(_case(content["group"], number, dict(table), fixtures))
            except (KeyError, TypeError, AssertionError) as error:
                raise ValueError(f"{path.name}, case {number}: {error!r} in {table}") from error
    return cases


def _case(group: str, number: int, table: dict[str, Any], fixtures: Mapping[str, Any]) -> Case:
    setup = [one for name in table.pop("fixtures", ()) for one in fixtures[name]]
    given = table.pop("setup", ())
    setup += statements_of(given) if isinstance(given, str) else given
    for name in ("rows", "labels", "types", "messages"):
        if name in table:
            table[name] = tuple(table[name])
    case = Case(group=group, number=number, setup=tuple(setup), **table)
    claims = (
        case.rows, case.count, case.error or None, case.messages, case.files or None,
        case.holds or None,
    )  # fmt: skip
    assert any(claim is not None for claim in claims), "claims nothing"
    return case


class Bench:
    """One warehouse for most cases, each in a transaction that is rolled back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shared = self._made()

    def _made(self) -> Warehouse:
        lake = self._folder / "lake"
        lake.mkdir(exist_ok=True)
        return Warehouse(lake=Lake({"lake": lake}), users=USERS)

    def close(self) -> None:
        """Drops the shared warehouse."""
        self._shared.close()

    def disagreement(self, case: Case) -> str:
        """Why the product disagrees with the case; empty where it agrees."""
        lake = self._folder / "lake"
        for path in sorted(lake.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        for key, text in case.objects.items():
            (lake / key).parent.mkdir(parents=True, exist_ok=True)
            (lake / key).write_text(text, encoding="utf-8")
        if case.alone or case.user:
            warehouse = self._made()
            try:
                return _judged(case, lambda: _run_alone(case, warehouse), lake)
            finally:
                warehouse.close()
        return _judged(case, lambda: _run_together(case, self._shared), lake)


class _SetupFailed(Exception):
    """What is no part of the case's claim went wrong."""


def _sql_of(case: Case) -> list[str]:
    return [case.sql] if case.whole else statements_of(case.sql)


def _run_together(case: Case, warehouse: Warehouse) -> tuple[Told, Told]:
    transaction = warehouse.begin("dev", "awsuser", now_ms=NOW_MS)
    try:
        return _run(case, lambda one: _told(transaction, one))
    finally:
        transaction.rollback()


def _run_alone(case: Case, warehouse: Warehouse) -> tuple[Told, Told]:
    def execute(statement: str, user: str) -> Told:
        transaction = warehouse.begin("dev", user, now_ms=NOW_MS)
        try:
            told = _told(transaction, statement)
        except BaseException:
            transaction.rollback()
            raise
        if told.error is None:
            transaction.commit()
        else:
            transaction.rollback()
        return told

    user = case.user or "awsuser"
    return _run(case, lambda one: execute(one, user), lambda one: execute(one, "awsuser"))


@dataclass(frozen=True, slots=True)
class Told:
    """What a statement gave, and what it said meanwhile; `error` where it failed."""

    outcome: Outcome
    messages: tuple[str, ...]
    error: SqlError | None = None


def _told(transaction: Transaction, statement: str) -> Told:
    before = len(transaction.messages)
    outcome, failure = Outcome(""), None
    try:
        outcome = transaction.execute(statement, None, now_ms=NOW_MS)
    except SqlError as error:
        failure = error
    messages = [f"{one.level}: {one.text}" for one in transaction.messages[before:]]
    return Told(outcome, tuple(messages), failure)


def _run(
    case: Case,
    execute: Callable[[str], Told],
    prepare: Callable[[str], Told] | None = None,
) -> tuple[Told, Told]:
    """What the statement under test gave, and what shows its effect."""
    *before, last = _sql_of(case)
    for statement in case.setup:
        _must(statement, (prepare or execute)(statement))
    for statement in before:
        _must(statement, execute(statement))
    told = shown = execute(last)
    if told.error is None or case.fails:
        for statement in statements_of(case.then):
            shown = _must(statement, execute(statement))
    return told, shown


def _must(statement: str, told: Told) -> Told:
    if told.error is not None:
        raise _SetupFailed(f"setup or then failed: {statement}: {told.error.message}")
    return told


def _judged(case: Case, run: Callable[[], tuple[Told, Told]], lake: Path) -> str:
    try:
        told, shown = run()
    except _SetupFailed as failed:
        return str(failed)
    if isinstance(told.error, NotSupported):
        return f"refused: {told.error.message}"
    if told.error is None and (case.error or case.fails):
        return f"expected the error {case.error!r}, got {told.outcome.rows[:3]!r}"
    failure = told.error.message if told.error is not None and not case.fails else ""
    if failure and (not case.error or case.error.lower() not in failure.lower()):
        return f"expected {case.error or 'a result'!r}, failed with {failure!r}"
    if case.messages is not None and told.messages != case.messages:
        return f"expected to be told {case.messages}, was told {told.messages}"
    if case.error:
        return ""
    for problem in _differences(case, told.outcome, shown.outcome, lake):
        return problem
    return ""


def _differences(case: Case, outcome: Outcome, shown: Outcome, lake: Path) -> Iterator[str]:
    if case.count is not None and outcome.row_count != case.count:
        yield f"expected {case.count} rows changed, got {outcome.row_count}"
    if case.labels is not None and (got := tuple(c.label for c in shown.columns)) != case.labels:
        yield f"expected the labels {case.labels}, got {got}"
    if case.types is not None:
        kinds = tuple(map(_kind, shown.columns, case.types))
        if kinds != case.types or len(shown.columns) != len(case.types):
            yield f"expected the types {case.types}, got {kinds}"
    if case.rows is not None:
        expected = [row.split(" | ") for row in case.rows]
        # The pages show a CHAR without the blanks that pad it.
        padded = [column.type_name == "bpchar" for column in shown.columns]
        rows = [
            [as_text(one).rstrip() if pads else as_text(one)
             for one, pads in zip(row, padded, strict=True)]
            for row in shown.rows
        ]  # fmt: skip
        if not re.search(r"(?is)\border\s+by\b(?!.*\))", case.then or _sql_of(case)[-1]):
            expected, rows = sorted(expected), sorted(rows)
        if len(rows) != len(expected) or not all(map(_same_row, rows, expected)):
            yield f"expected {expected}, got {rows}"
    for key, text in case.files.items():
        path = lake / key
        found = path.read_text(encoding="utf-8") if path.exists() else None
        if found != text:
            yield f"expected {key} to hold {text!r}, got {found!r}"


def _kind(column: Column, expected: str) -> str:
    """The column's type as exactly as the case says it."""
    kind = column.type_name
    if "(" in expected:
        scale = f",{column.scale}" if kind == "numeric" else ""
        kind += f"({column.precision}{scale})"
    return f"{kind} not null" if expected.endswith("not null") and not column.nullable else kind


def _same_row(row: list[str], expected: list[str]) -> bool:
    return len(row) == len(expected) and all(map(_same, row, expected))


def _same(got: str, expected: str) -> bool:
    """Floating point numbers, marked by `~`, are alike to the digits that a page shows."""
    if got.startswith("~"):
        try:
            return math.isclose(float(got[1:]), float(expected), rel_tol=1e-9, abs_tol=1e-12)
        except ValueError:
            return False
    return got == expected


def as_text(value: Any) -> str:
    """A cell as the pages show it; floating point numbers with `~` before them."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case float():
            return f"~{value!r}"
        case Decimal():
            return f"{value:f}"
        case datetime():
            zone = "+00" if value.tzinfo else ""
            return _cut(f"{value.replace(tzinfo=None):%Y-%m-%d %H:%M:%S.%f}") + zone
        case time():
            zone = "+00" if value.tzinfo else ""
            return _cut(f"{value.replace(tzinfo=None):%H:%M:%S.%f}") + zone
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case timedelta():
            return str(value)
    return str(value)


def _cut(moment: str) -> str:
    return moment.rstrip("0").rstrip(".")


def document(cases: list[Case]) -> str:
    """docs/redshift-fidelity.md: how many cases agree in each group, and every known gap."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    lines = [
        "# Redshift's documented examples, and what agrees",
        "",
        "Made by `python -m tests.corpus.fidelity` from `tests/corpus/*.toml`; don't edit.",
        "Each case is a statement with the result that Redshift's documentation gives, or that",
        "follows from its rules, and the page it comes from. A refused statement is a gap.",
        "",
        "| group | cases | agree | known gaps |",
        "| --- | --- | --- | --- |",
    ]
    for group, members in groups.items():
        lines.append(_summary(group, members))
    lines += [_summary("**all**", cases), "", "## Known gaps", ""]
    gaps = [case for case in cases if case.gap]
    for case in gaps:
        statement = " ".join(case.sql.split())
        lines.append(
            f"- {case.group}, [{case.page.rsplit('/', 1)[-1]}]({case.address}): {case.gap}"
        )
        lines += ["", f"      {statement}", ""]
    if not gaps:
        lines.append("None.")
    lines += ["## Pages", ""]
    for group, members in groups.items():
        counts: dict[str, int] = {}
        for case in members:
            counts[case.address] = counts.get(case.address, 0) + 1
        lines += [f"**{group}**", ""]
        lines += [
            f"- [{address.rsplit('/', 1)[-1].removesuffix('.html')}]({address}): {count}"
            for address, count in sorted(counts.items())
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _summary(group: str, cases: list[Case]) -> str:
    gaps = sum(1 for case in cases if case.gap)
    agree = len(cases) - gaps
    return f"| {group} | {len(cases)} | {agree} ({agree / len(cases):.1%}) | {gaps} |"


if __name__ == "__main__":
    DOCUMENT.write_text(document(load()), encoding="utf-8")
    sys.stdout.write(f"wrote {DOCUMENT}\n")
