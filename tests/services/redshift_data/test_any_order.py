"""Whatever is submitted, cancelled and waited for, in whatever order: a small model of it holds."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.services.api import ServiceError
from simulator.services.redshift_data.life_cycle import NEXT_STATUS, is_final

TABLES = st.sampled_from(["a", "b", "c"])
SQLS = st.lists(
    st.one_of(
        TABLES.map("insert into {} values 1".format),
        TABLES.map("select * from {}".format),
        TABLES.map("lock {}".format),
        st.just("fail"),
    ),
    min_size=1,
    max_size=4,
)
STEPS = st.lists(
    st.one_of(
        SQLS.map(lambda sqls: ("batch", sqls)),
        st.integers(0, 4000).map(lambda ms: ("wait", ms)),
        st.integers(0, 9).map(lambda n: ("cancel", n)),
        st.just(("pause", None)),
    ),
    max_size=25,
)
OUTCOMES = st.lists(
    st.sampled_from(
        ["FINISHED", "FINISHED", "FAILED", "FAILED@1", "ABORTED", "STUCK", "SLOW", "YIELDED"]
    )
)


def play(api, steps):
    """Do the steps; give the statements' ids and the sqls of each."""
    batches = {}
    for step, argument in steps:
        try:
            if step == "batch":
                batches[api.batch(*argument, StatementName="load")] = argument
            elif step == "wait":
                api.run(api.now_ms + argument)
            elif step == "cancel" and batches:
                api.call("cancel_statement", Id=list(batches)[argument % len(batches)])
            elif step == "pause":
                api.cluster.pause_cluster({"ClusterIdentifier": "store-sales"}, api.caller())
        except ServiceError:
            # cancelled too late, or the cluster is paused: both are AWS's own answers
            continue
    api.run()
    return batches


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS, outcomes=OUTCOMES)
def test_tables_hold_what_finished_batches_wrote_and_nothing_else(
    make_api, make_plan, steps, outcomes
):
    api = make_api(plan=make_plan(load=outcomes))
    batches = play(api, steps)
    statuses = {statement_id: api.status(statement_id) for statement_id in batches}
    written = [
        sql.split()[2]
        for statement_id, sqls in batches.items()
        if statuses[statement_id] == "FINISHED"
        for sql in sqls
        if sql.startswith("insert")
    ]
    held = {table: len(rows) for table, rows in api.warehouse.tables.items()}
    assert held == {table: written.count(table) for table in set(written)}
    # What is left open is stuck, or waits for what a stuck one holds.
    left = [status for status in statuses.values() if not is_final(status)]
    assert api.warehouse.open_transactions == len(left)
    assert not left or "STUCK" in outcomes
    assert set(left) <= {"STARTED"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS, outcomes=OUTCOMES)
def test_no_statement_leaves_a_final_status_or_skips_one(make_api, make_plan, steps, outcomes):
    api = make_api(plan=make_plan(load=outcomes))
    batches = play(api, steps)
    for statement_id in batches:
        told = [
            data["status"]
            for _, kind, subject, data in api.world.trace.entries
            if kind == "StatementStatus" and subject == statement_id and "sub_status" not in data
        ]
        assert told[0] == "SUBMITTED"
        for status, following in pairwise(told):
            assert following in NEXT_STATUS[status]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
@given(steps=STEPS, outcomes=OUTCOMES, seed=st.integers(0, 3))
def test_the_same_steps_and_seed_leave_the_same_trace(make_api, make_plan, steps, outcomes, seed):
    traces = []
    for _ in range(2):
        api = make_api(seed=seed, plan=make_plan(load=outcomes))
        play(api, steps)
        traces.append(api.world.trace.entries)
    assert traces[0] == traces[1]


@pytest.mark.parametrize("size", [1, 40])
def test_a_batch_of_any_allowed_size_runs_in_one_transaction(api, size):
    api.batch(*[f"insert into t{n} values {n}" for n in range(size)])
    api.run()
    commits = api.world.trace.of_kind("Commit")
    assert (len(commits), len(api.warehouse.tables)) == (1, size)
