"""The lake betrays every wrong order: another order of jobs, or one less, gives another fact
table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from simulator.services.queries import QueryFailed
from tests.support.pipeline import ADDRESS, BUILD, CHECK, FACT, ITEM, JOBS

DEPENDENT = [(BUILD, ADDRESS), (BUILD, ITEM), (BUILD, FACT), (ADDRESS, FACT), (ITEM, FACT)]
YESTERDAY, TODAY = "2024-01-06", "2024-01-07"
MakePipeline = Callable[..., Any]


def day_states(definition: dict[str, Any]) -> dict[str, Any]:
    """The states that load a day."""
    states: dict[str, Any] = definition["States"]["LoadDay"]["Branches"][0]["States"]
    return states


def job_states(definition: dict[str, Any], job: str) -> dict[str, Any]:
    """A job's states, one after another or in a branch."""
    day = day_states(definition)
    parallel = day["ParallelizeDimensionLoadJob"]
    for states in [day, *(branch["States"] for branch in parallel["Branches"])]:
        if f"Initialize{job}" in states:
            pattern = re.compile(rf"(Initialize|Exec|Get|Check|Wait|Cancel|Fail)?{job}(Status)?")
            return {name: state for name, state in states.items() if pattern.fullmatch(name)}
    raise AssertionError(job)


def chain(jobs: Sequence[str]) -> Callable[[dict[str, Any]], None]:
    """Makes a definition run these jobs one after another."""

    def edit(definition: dict[str, Any]) -> None:
        groups = [job_states(definition, job) for job in jobs]
        start = day_states(definition)
        states = {
            name: start[name]
            for name in (
                "GetClusterStatus", "CheckClusterStatus", "ResumeCluster", "WaitCluster",
                "FailCluster",
            )
        }  # fmt: skip
        states["CheckClusterStatus"]["Choices"][0]["Next"] = f"Initialize{jobs[0]}"
        following = [f"Initialize{job}" for job in jobs[1:]] + ["Done"]
        for job, group, target in zip(jobs, groups, following, strict=True):
            group[f"Check{job}Status"]["Choices"][0]["Next"] = target
            states.update(group)
        states["Done"] = {"Type": "Succeed"}
        definition["States"]["LoadDay"]["Branches"][0]["States"] = states

    return edit


def facts(pipeline: Any) -> Counter[Any] | None:
    """The fact table's rows, None where there is none."""
    try:
        return Counter(pipeline.rows("store_sales"))
    except QueryFailed:
        return None


def swapped(first: str, second: str) -> list[str]:
    return [{first: second, second: first}.get(job, job) for job in JOBS]


def without(skipped: str) -> list[str]:
    return [job for job in JOBS if job != skipped]


def test_the_right_order_gives_the_oracles_facts(make_pipeline: MakePipeline) -> None:
    pipeline = make_pipeline(edit=chain(JOBS))
    assert pipeline.load(TODAY).status == "SUCCEEDED"
    assert facts(pipeline) == pipeline.expected(TODAY)["store_sales"]


def test_the_dimensions_may_swap(make_pipeline: MakePipeline) -> None:
    pipeline = make_pipeline(edit=chain(swapped(ADDRESS, ITEM)))
    assert pipeline.load(TODAY).status == "SUCCEEDED"
    assert facts(pipeline) == pipeline.expected(TODAY)["store_sales"]


@pytest.mark.parametrize(
    "order",
    [swapped(*pair) for pair in DEPENDENT]
    + [swapped(FACT, CHECK)]
    + [without(job) for job in (BUILD, ADDRESS, ITEM, FACT)],
    ids=" ".join,
)
def test_another_order_gives_another_fact_table_on_an_empty_warehouse(
    make_pipeline: MakePipeline, order: list[str]
) -> None:
    pipeline = make_pipeline(edit=chain(order))
    pipeline.load(TODAY)
    assert facts(pipeline) != pipeline.expected(TODAY)["store_sales"]


@pytest.mark.parametrize(
    "order",
    [
        swapped(ADDRESS, FACT),
        swapped(ITEM, FACT),
        swapped(FACT, CHECK),
        *(without(job) for job in (ADDRESS, ITEM, FACT)),
    ],
    ids=" ".join,
)
def test_another_order_gives_another_fact_table_after_a_day_that_was_loaded_right(
    make_pipeline: MakePipeline, order: list[str]
) -> None:
    pipeline = make_pipeline()
    assert pipeline.load(YESTERDAY).status == "SUCCEEDED"
    pipeline.use(chain(order))
    pipeline.load(TODAY)
    assert facts(pipeline) != pipeline.expected(YESTERDAY, TODAY)["store_sales"]


@pytest.mark.parametrize("skipped", [ADDRESS, ITEM])
def test_a_skipped_dimension_goes_unnoticed_but_for_the_facts(
    make_pipeline: MakePipeline, skipped: str
) -> None:
    # the run itself succeeds: only the data tell
    pipeline = make_pipeline()
    pipeline.load(YESTERDAY)
    pipeline.use(chain(without(skipped)))
    assert pipeline.load(TODAY).status == "SUCCEEDED"
    assert facts(pipeline) != pipeline.expected(YESTERDAY, TODAY)["store_sales"]
