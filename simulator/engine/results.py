"""What a distributed Map makes of its child executions' outputs: WriterConfig's Transformation."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from simulator.engine.ports import ChildResult


def transformed(results: Iterable[ChildResult], transformation: str) -> list[Any]:
    """The outputs, in order.

    Developer guide, "ResultWriter (Map)": NONE keeps the whole description of an execution, COMPACT
    its output alone, FLATTEN puts the elements of an output that is an array in its place. An
    execution that failed stays as it is.
    """
    values: list[Any] = []
    for one in results:
        members = one.members
        if transformation == "NONE" or members["Status"] != "SUCCEEDED":
            values.append(dict(members))
            continue
        output = json.loads(members["Output"])
        if transformation == "FLATTEN" and isinstance(output, list):
            values.extend(output)
        else:
            values.append(output)
    return values
