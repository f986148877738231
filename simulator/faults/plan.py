"""A fault plan as data: which place turns out how, and what else a replay needs.

JSON of format 1, described by `plan.schema.json` beside this file. A plan says what it wants
said: seed, start time, name and input that it leaves out are the project's.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from simulator.engine.ports import Place

JSON: TypeAlias = Any

FORMAT = 1
# What can be asked, and how it can turn out; the first is what happens when nothing goes wrong.
# FAILED@k stands for every k from 1: a batch of n statements offers n of them.
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "lambda": ("ok", "throttled", "service_error", "timed_out", "crashed_after"),
    "api": ("ok", "throttled", "server_error", "answer_lost"),
    "statement": ("FINISHED", "FAILED", "FAILED@k", "ABORTED", "STUCK", "SLOW", "YIELDED"),
    "operator": (
        "none",
        "stop",
        "time_out",
        "pause_cluster",
        "start_again",
        "start_other_date",
        "redrive",
    ),
}
_FAILED_AT = re.compile(r"FAILED@[1-9][0-9]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FAULT_KEYS = ("kind", "subject", "occurrence", "outcome")
_PLAN_KEYS = (
    "format",
    "seed",
    "start_time",
    "name",
    "input",
    "other_inputs",
    "definition_sha256",
    "faults",
)


class PlanError(Exception):
    """A plan that cannot be followed. `where: what was expected, got ...`, and perhaps a hint."""

    def __init__(self, where: str, message: str, hint: str | None = None) -> None:
        self.where, self.message, self.hint = where, message, hint
        super().__init__(f"{where}: {message}" + (f"\n  hint: {hint}" if hint else ""))

    def within(self, whole: str) -> PlanError:
        """The same complaint about a part of `whole`."""
        return PlanError(f"{whole}: {self.where}", self.message, self.hint)


def is_nominal(place: Place, outcome: str) -> bool:
    """Whether nothing goes wrong so; of a kind that no plan knows, everything is nominal."""
    return OUTCOMES.get(place.kind, (outcome,))[0] == outcome


def near(name: str, known: Iterable[str], *, count: int = 1) -> str | None:
    """A hint that names what was probably meant."""
    names = list(dict.fromkeys(known))
    close = difflib.get_close_matches(name, names, n=count, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    return f"known here: {', '.join(names)}" if names else None


@dataclass(frozen=True, slots=True)
class Fault:
    """The `occurrence`-th time (from 1) that `kind` is asked for `subject`, it is `outcome`.

    Raises `PlanError` for what nobody could ask or answer.
    """

    kind: str
    subject: str
    outcome: str
    occurrence: int = 1

    def __post_init__(self) -> None:
        outcomes = OUTCOMES.get(self.kind)
        if outcomes is None:
            message = f"expected a kind of place, got {self.kind!r}"
            raise PlanError("kind", message, near(self.kind, OUTCOMES))
        if not self.subject:
            raise PlanError("subject", "expected who or what it befalls, got ''")
        if self.occurrence < 1:
            raise PlanError("occurrence", f"expected 1 or more, got {self.occurrence!r}")
        if self.outcome == outcomes[0]:
            message = f"expected something that goes wrong, got the nominal {self.outcome!r}"
            raise PlanError("outcome", message, f"known here: {', '.join(outcomes[1:])}")
        is_known = self.outcome in outcomes and self.outcome != "FAILED@k"
        if not is_known and not (self.kind == "statement" and _FAILED_AT.fullmatch(self.outcome)):
            message = f"expected an outcome of a {self.kind} place, got {self.outcome!r}"
            raise PlanError("outcome", message, near(self.outcome, outcomes[1:]))

    @property
    def place(self) -> Place:
        """Where it happens."""
        return Place(self.kind, self.subject, self.occurrence)

    def __str__(self) -> str:
        return f"{place_text(self.place)}: {self.outcome}"

    def document(self) -> dict[str, JSON]:
        """As it stands in a plan's JSON."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "occurrence": self.occurrence,
            "outcome": self.outcome,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Faults, and what else decides a run. None (and no other inputs) leaves it to the project.

    `start_time` is ISO text with a zone; `other_inputs` are what `start_other_date` starts, in
    turn; `definition_sha256` is that of the rendered definition: a plan for another one is
    refused, since its places may mean something else there.
    """

    faults: tuple[Fault, ...] = ()
    seed: int | None = None
    start_time: str | None = None
    name: str | None = None
    input: JSON = None
    other_inputs: tuple[JSON, ...] = ()
    definition_sha256: str | None = None

    def __post_init__(self) -> None:
        first: dict[Place, int] = {}
        for index, fault in enumerate(self.faults):
            if fault.place in first:
                raise PlanError(
                    f"faults[{index}]",
                    f"expected a place of its own, got that of faults[{first[fault.place]}]: "
                    f"{place_text(fault.place)}",
                    "the second time that a place is reached has occurrence 2",
                )
            first[fault.place] = index
        if self.start_time is not None:
            _check_moment(self.start_time)
        if self.definition_sha256 is not None and not _SHA256.fullmatch(self.definition_sha256):
            message = f"expected 64 hexadecimal digits, got {self.definition_sha256!r}"
            raise PlanError("definition_sha256", message, "leave it out to run on any definition")

    @classmethod
    def load(cls, source: Path | str) -> Plan:
        """Read a plan from a file, or from JSON text (which begins with a brace).

        Raises `PlanError` naming file, member, what was expected and what is there.
        """
        if isinstance(source, str) and source.lstrip().startswith("{"):
            return _parse(source, "plan")
        try:
            text = Path(source).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise PlanError(str(source), f"expected a readable file, got {reason}") from None
        return _parse(text, str(source))

    def document(self) -> dict[str, JSON]:
        """As JSON has it; what is left to the project is left out."""
        said = {
            "format": FORMAT,
            "seed": self.seed,
            "start_time": self.start_time,
            "name": self.name,
            "input": self.input,
            "other_inputs": list(self.other_inputs) or None,
            "definition_sha256": self.definition_sha256,
            "faults": [fault.document() for fault in self.faults],
        }
        return {key: value for key, value in said.items() if value is not None}

    def dump(self, *, indent: int | None = 2) -> str:
        """JSON text that `load` reads back to an equal plan; one line with `indent=None`."""
        separators = (",", ":") if indent is None else None
        text = json.dumps(self.document(), indent=indent, separators=separators)
        return text if indent is None else text + "\n"

    @property
    def start(self) -> datetime | None:
        """`start_time` as a moment."""
        return None if self.start_time is None else datetime.fromisoformat(self.start_time)

    def check_definition(self, sha256: str) -> None:
        """Raise `PlanError` where the plan was made for another definition than this one's."""
        if self.definition_sha256 not in (None, sha256):
            raise PlanError(
                "definition_sha256",
                f"expected a plan for this definition ({sha256[:12]}...), got one for "
                f"{self.definition_sha256[:12] if self.definition_sha256 else None}...",
                "the definition (or its SQL) has changed since: check that the places still mean "
                "the same, then leave definition_sha256 out of the plan or renew it",
            )


def place_text(place: Place) -> str:
    """A place as messages name it."""
    return f"{place.kind} {place.subject!r} #{place.occurrence}"


def _parse(text: str, where: str) -> Plan:
    try:
        document = json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        at = f"{where}:{error.lineno}:{error.colno}"
        raise PlanError(at, f"expected JSON, got {text[error.pos : error.pos + 20]!r}") from None
    except (ValueError, RecursionError) as error:
        raise PlanError(where, f"expected JSON, got {error}") from None
    try:
        return _plan_of(document)
    except PlanError as error:
        raise error.within(where) from None


def _plan_of(document: JSON) -> Plan:
    if not isinstance(document, dict):
        raise PlanError("plan", f"expected an object, got {document!r}")
    version = document.get("format")
    if version != FORMAT or isinstance(version, bool):
        raise PlanError("format", f"expected format {FORMAT}, got {version!r}")
    _check_keys(document, _PLAN_KEYS)
    found = _list(document, "faults", required=True)
    faults = []
    for index, value in enumerate(found):
        try:
            faults.append(_fault_of(value))
        except PlanError as error:
            where = f"faults[{index}].{error.where}" if error.where else f"faults[{index}]"
            raise PlanError(where, error.message, error.hint) from None
    if "input" in document and document["input"] is None:
        raise PlanError("input", "expected the execution's input, got None", _LEAVE_OUT)
    return Plan(
        faults=tuple(faults),
        seed=_member(document, "seed", int),
        start_time=_member(document, "start_time", str),
        name=_member(document, "name", str),
        input=document.get("input"),
        other_inputs=tuple(_list(document, "other_inputs")),
        definition_sha256=_member(document, "definition_sha256", str),
    )


_LEAVE_OUT = "leave it out to take the project's"


def _fault_of(value: JSON) -> Fault:
    if not isinstance(value, dict):
        raise PlanError("", f"expected an object, got {value!r}")
    _check_keys(value, _FAULT_KEYS)
    for key in ("kind", "subject", "outcome"):
        if key not in value:
            raise PlanError("", f"expected a key {key!r}, got none")
    occurrence = _member(value, "occurrence", int)
    return Fault(
        kind=_member(value, "kind", str),
        subject=_member(value, "subject", str),
        outcome=_member(value, "outcome", str),
        occurrence=1 if occurrence is None else occurrence,
    )


def _check_keys(document: Mapping[str, JSON], known: Sequence[str]) -> None:
    for key in document:
        if key not in known:
            raise PlanError(key, "expected a known key, got this one", near(key, known))


def _member(document: Mapping[str, JSON], key: str, kind: type) -> Any:
    """The value of a key; None where it is left out."""
    if key not in document:
        return None
    value = document[key]
    # a bool is an int to Python, and none to anybody else
    if not isinstance(value, kind) or isinstance(value, bool):
        expected = {int: "an integer", str: "text"}[kind]
        raise PlanError(key, f"expected {expected}, got {value!r}")
    return value


def _list(document: Mapping[str, JSON], key: str, *, required: bool = False) -> list[JSON]:
    if key not in document and not required:
        return []
    value = document.get(key)
    if not isinstance(value, list):
        raise PlanError(key, f"expected a list, got {value!r}")
    return value


def _check_moment(text: str) -> None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        message = f"expected a moment such as 2024-01-09T10:00:00Z, got {text!r}"
        raise PlanError("start_time", message)


def _distinct(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} twice in one object")
    return made


def _no_constant(text: str) -> JSON:
    raise ValueError(f"{text}, which is no JSON")
