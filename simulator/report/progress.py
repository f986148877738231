"""Where a run stands, for a line that is drawn again and again while it runs."""

from __future__ import annotations

from simulator.engine.trace import BranchId, Trace
from simulator.report.rows import duration_text

MAX_NAMES = 3


class Progress:
    """Follows a trace. Reads only what was added since it was last asked."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._read = 0
        self._start_ms: int | None = None
        self._now_ms = 0
        self._transitions = 0
        # the state that each branch is in
        self._open: dict[BranchId, str] = {}

    def text(self) -> str:
        """Virtual time, transitions so far, and the states that are open."""
        entries = self._trace.entries
        # the trace may grow meanwhile: what is there now is what is read
        end = len(entries)
        for now_ms, kind, subject, data in entries[self._read : end]:
            self._now_ms = now_ms
            if kind == "ExecutionStarted":
                self._start_ms = now_ms
            elif kind.endswith("StateEntered"):
                self._open[subject] = data[0]
                self._transitions += 1
            elif kind.endswith("StateExited"):
                self._open.pop(subject, None)
        self._read = end
        if self._start_ms is None:
            return "starting"
        # a Parallel is open while its branches are: those say more
        inner = [
            name
            for branch, name in self._open.items()
            if not any(_is_inside(other, branch) for other in self._open)
        ]
        more = f" and {len(inner) - MAX_NAMES} more" if len(inner) > MAX_NAMES else ""
        virtual = duration_text(self._now_ms - self._start_ms)
        names = ", ".join(inner[:MAX_NAMES]) + more
        return f"{virtual} virtual, {self._transitions} transitions  {names}".rstrip()


def _is_inside(branch: BranchId, of: BranchId) -> bool:
    return (
        branch.execution_arn == of.execution_arn
        and len(branch.path) > len(of.path)
        and branch.path[: len(of.path)] == of.path
    )
