"""The definitions that are timed: each a function that returns (definition, input, states entered).

w1 a chain of 1,000 Pass states; w2 a counter loop of 2,000 turns; w3 the polling pipeline of five
jobs, each FINISHED at its fifth poll; w4 an inline Map over 1,000 items; w5 a Parallel of 50
branches with 10 states each; w7 a chain of 200 Pass states that carries 200 kB.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:data-api"
POLLS = 5


def _chain(length: int) -> dict[str, Any]:
    states: dict[str, Any] = {
        f"S{i}": {"Type": "Pass", "Result": {"i": i}, "ResultPath": "$.r", "Next": f"S{i + 1}"}
        for i in range(length - 1)
    }
    states[f"S{length - 1}"] = {"Type": "Pass", "End": True}
    return {"StartAt": "S0", "States": states}


def _loop(turns: int) -> dict[str, Any]:
    again = {"Variable": "$.n", "NumericLessThan": turns, "Next": "Add"}
    return {
        "StartAt": "Init",
        "States": {
            "Init": {"Type": "Pass", "Result": {"n": 0}, "Next": "Add"},
            "Add": {
                "Type": "Pass",
                "Parameters": {"n.$": "States.MathAdd($.n,1)"},
                "Next": "Check",
            },
            "Check": {"Type": "Choice", "Choices": [again], "Default": "Done"},
            "Done": {"Type": "Succeed"},
        },
    }


def _job(job: str, following: str | None) -> dict[str, Any]:
    task = {"Type": "Task", "Resource": FUNCTION, "TimeoutSeconds": 180, "HeartbeatSeconds": 60}
    sql = {"input": {"action": job, "sql_statement": ["select 1;"] * 10}}
    choices = [
        {"Variable": "$.status", "StringEquals": "FAILED", "Next": f"Fail{job}"},
        {"Variable": "$.status", "StringEquals": "FINISHED", "Next": f"Done{job}"},
    ]
    after: dict[str, Any] = {"Next": following} if following else {"End": True}
    return {
        f"Initialize{job}": {"Type": "Pass", "Result": sql, "Next": f"Exec{job}"},
        f"Exec{job}": {**task, "ResultPath": "$", "Next": f"Get{job}Status"},
        f"Get{job}Status": {**task, "ResultPath": "$.status", "Next": f"Check{job}"},
        f"Check{job}": {"Type": "Choice", "Choices": choices, "Default": f"Wait{job}"},
        f"Wait{job}": {"Type": "Wait", "Seconds": 0, "Next": f"Get{job}Status"},
        f"Fail{job}": {"Type": "Fail", "Error": "Error", "Cause": "failed"},
        f"Done{job}": {"Type": "Pass", **after},
    }


def _etl() -> dict[str, Any]:
    branches = [
        {"StartAt": f"Initialize{job}", "States": _job(job, None)} for job in ("Cust", "Item")
    ]
    parallel = {"Type": "Parallel", "Branches": branches, "Next": "InitializeSales"}
    return {
        "StartAt": "InitializeBuild",
        "States": {
            **_job("Build", "Par"),
            "Par": parallel,
            **_job("Sales", "InitializeVal"),
            **_job("Val", None),
        },
    }


def _map() -> dict[str, Any]:
    add = {"Type": "Pass", "Parameters": {"v.$": "States.MathAdd($,1)"}, "Next": "B"}
    processor = {
        "ProcessorConfig": {"Mode": "INLINE"},
        "StartAt": "A",
        "States": {"A": add, "B": {"Type": "Pass", "End": True}},
    }
    each = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": True}
    return {"StartAt": "M", "States": {"M": each}}


def _parallel() -> dict[str, Any]:
    branches = []
    for branch in range(50):
        names = [f"B{branch}S{i}" for i in range(10)]
        states: dict[str, Any] = {
            name: {"Type": "Pass", "Next": after} for name, after in pairwise(names)
        }
        states[names[-1]] = {"Type": "Pass", "End": True}
        branches.append({"StartAt": names[0], "States": states})
    return {
        "StartAt": "P",
        "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}},
    }


def etl_handler() -> Any:
    """A fresh handler for w3: hands out an id, then says STARTED until the fifth poll."""
    polls: dict[str, int] = {}

    def handler(event: Any, context: Any) -> Any:
        if "input" in event:
            return {"id": event["input"]["action"]}
        job = event["id"]
        polls[job] = polls.get(job, 0) + 1
        return "FINISHED" if polls[job] >= POLLS else "STARTED"

    return handler


# name -> (definition, input, states entered in one run)
WORKLOADS: dict[str, tuple[dict[str, Any], Any, int]] = {
    "w1": (_chain(1000), {}, 1000),
    "w2": (_loop(2000), {}, 4002),
    "w3": (_etl(), {}, 5 * (3 + 3 * POLLS - 1) + 1),
    "w4": (_map(), {"items": list(range(1000))}, 2001),
    "w5": (_parallel(), {}, 501),
    "w7": (_chain(200), {"big": "x" * 200_000}, 200),
}
