"""The customer's document line by line: the definition, its names, and as whom it runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator import Execution, Simulator
from simulator import project as projects
from tests.support.pipeline import JOBS

NAME = "sales-etl-orchestration"
DAY = {"refresh_date": "2024-01-08"}
CleanRun = tuple[Simulator, Execution]
Make = Callable[..., Any]


def all_states(machine: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The states of a machine and of the branches inside of it."""
    for name, state in machine["States"].items():
        yield name, state
        for branch in state.get("Branches", []):
            yield from all_states(branch)


def targets(state: dict[str, Any]) -> set[str]:
    """Where a state may lead to."""
    rules = [*state.get("Choices", []), *state.get("Catch", [])]
    own = [state[name] for name in ("Next", "Default") if name in state]
    return {rule["Next"] for rule in rules} | set(own)


@pytest.fixture
def definition(root: Path) -> dict[str, Any]:
    """The shipped definition as it is deployed."""
    rendered = projects.render(
        projects.read(root), account_id="123456789012", region="us-east-1"
    ).text
    machine: dict[str, Any] = json.loads(rendered)
    return machine


def test_13_render_and_describe_show_the_same_definition(
    clean_run: CleanRun, command: Make, root: Path
) -> None:
    """The definition can be looked at, and it is the one that runs."""
    simulator, _ = clean_run
    code, shown, _ = command("render", "--project", str(root))
    assert code == 0
    described = simulator.client("stepfunctions").describe_state_machine(
        stateMachineArn=simulator.state_machine_arn
    )
    assert described["definition"].strip() == shown.strip()
    assert json.loads(shown)["StartAt"] == "ResolveRefreshDate"


def test_14_every_job_has_all_six_roles_of_states(definition: dict[str, Any]) -> None:
    """Each job is made of Initialize, the state that hands it over, Get Status, Check Status, Wait
    and Fail, one after another."""
    states = dict(all_states(definition))
    for job in JOBS:
        submit = job if job == "BuildDB" else f"Exec{job}"
        roles = {
            f"Initialize{job}": ("Pass", submit),
            submit: ("Task", f"Get{job}Status"),
            f"Get{job}Status": ("Task", f"Check{job}Status"),
            f"Check{job}Status": ("Choice", f"Wait{job}"),
            f"Wait{job}": ("Wait", f"Get{job}Status"),
            f"Fail{job}": ("Fail", None),
        }
        assert len(roles) == 6
        for name, (kind, following) in roles.items():
            assert states[name]["Type"] == kind
            if following is not None:
                assert following in targets(states[name])
        assert f"Fail{job}" in targets(states[f"Check{job}Status"])
        assert job in states[f"Fail{job}"]["Error"]
        # Initialize defines the SQL
        assert states[f"Initialize{job}"]["Parameters"]["sql_statements"]


@pytest.mark.parametrize(
    ("path", "state", "following"),
    [
        (0, "WaitCustomerAddressDimensionLoadJob", "GetItemDimensionLoadJobStatus"),
        (1, "WaitItemDimensionLoadJob", "InitializeStoreSalesFactLoadJob"),
        (None, "WaitStoreSalesFactLoadJob", "GetItemDimensionLoadJobStatus"),
    ],
    ids=["into another branch", "out of the branch", "into a branch"],
)
def test_16_a_branch_is_self_contained(
    definition: dict[str, Any], path: int | None, state: str, following: str
) -> None:
    """No state of a branch may lead to a state outside of it, nor one outside into it: such a
    machine can't be created, and the refusal names both."""
    with Simulator() as simulator:
        client = simulator.client("stepfunctions")
        for function in ("StoreSalesRedshiftDataApi", "StoreSalesRedshiftOperations"):
            simulator.add_lambda(function, lambda event, context: event)
        role = "arn:aws:iam::123456789012:role/etl"
        client.create_state_machine(name="good", definition=json.dumps(definition), roleArn=role)
        day = definition["States"]["LoadDay"]["Branches"][0]
        parallel = day["States"]["ParallelizeDimensionLoadJob"]
        machine = day if path is None else parallel["Branches"][path]
        machine["States"][state]["Next"] = following
        with pytest.raises(ClientError) as refused:
            client.create_state_machine(name="bad", definition=json.dumps(definition), roleArn=role)
        error = refused.value.response["Error"]
        assert error["Code"] == "InvalidDefinition"
        assert "MISSING_TRANSITION_TARGET" in error["Message"]
        assert following in error["Message"]
        assert f"States/{state}/Next" in error["Message"]
        names = [one["name"] for one in client.list_state_machines()["stateMachines"]]
        assert names == ["good"]


def test_17_an_execution_has_a_name_of_one_s_own(shipped: Make, simulate: Make) -> None:
    """A run is started as sales-etl-orchestration, and found by that name; the name is taken then:
    another input under it is refused."""
    simulator = simulate(shipped())
    client = simulator.client("stepfunctions")
    request = {"stateMachineArn": simulator.state_machine_arn, "name": NAME}
    arn = client.start_execution(**request, input=json.dumps(DAY))["executionArn"]
    assert arn.endswith(f":execution:StoreSalesETLStateMachine:{NAME}")
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(**request, input='{"refresh_date": "2024-01-07"}')
    simulator.run()
    assert simulator.execution(arn).status == "SUCCEEDED"
    # and after its end as well
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(**request, input='{"refresh_date": "2024-01-07"}')
    listed = client.list_executions(stateMachineArn=simulator.state_machine_arn)["executions"]
    assert [one["name"] for one in listed] == [NAME]


def test_17_a_used_name_is_refused_on_the_command_line(copied_project: Path, command: Make) -> None:
    """The same from the command line: the tables go on, and so do the names that were used."""
    code, out, _ = command("run", "--name", NAME)
    assert code == 0
    assert out.startswith(f"StoreSalesETLStateMachine, {NAME}: SUCCEEDED")
    other = ["--set", "refresh_date=2024-01-07"]
    code, out, err = command("run", "--continue", "--name", NAME, *other)
    assert (code, out) == (2, "")
    assert "ExecutionAlreadyExists" in err
    assert NAME in err
    assert command("run", "--continue", "--name", f"{NAME}-2", *other)[0] == 0


def test_19_a_state_s_input_is_shown_as_json(copied_project: Path, command: Make) -> None:
    """An engineer opens a state's input and sees the SQL that it runs and the user that it runs
    as."""
    code, out, _ = command("run", "--show", "ExecCustomerAddressDimensionLoadJob")
    assert code == 0
    heading, _, rest = out.partition("ExecCustomerAddressDimensionLoadJob (Task): ")[2].partition(
        "State input:\n"
    )
    assert heading.startswith("entered at ")
    shown = json.loads(rest.partition("\nTask input:\n")[0])
    job = shown["jobs"]["CustomerAddressDimensionLoadJob"]
    assert job["connection"]["DbUser"] == "etl_user"
    folder = copied_project / "statemachine" / "sql" / "customer_address"
    files = sorted(folder.glob("*.sql"))
    assert job["sql_statements"] == [file.read_text(encoding="utf-8") for file in files]


def test_20_it_runs_as_the_configured_database_user(shipped: Make, simulate: Make) -> None:
    """The SQL's session belongs to the user that is configured, and to no other."""
    project = shipped()
    sql = ["CREATE TABLE who (name VARCHAR(128))", "INSERT INTO who SELECT current_user"]
    rendered = json.loads(projects.render(project, account_id="1", region="-").text)
    values = dict(all_states(rendered))["InitializeBuildDB"]["Parameters"]
    simulator = simulate(shipped(build_db_sql=[*values["sql_statements"], *sql]))
    execution = simulator.start(DAY)
    simulator.run()
    assert execution.status == "SUCCEEDED", execution.cause
    assert simulator.query("SELECT name FROM who").rows == (("etl_user",),)
    assert {view.db_user for view in simulator.statements if view.name} == {"etl_user"}
    # any other session is its own user's
    for user in ("analyst", "awsuser"):
        assert simulator.query("SELECT current_user", db_user=user).rows == ((user,),)


@pytest.mark.parametrize(
    ("user", "words"),
    [("nobody", "nobody"), ("analyst", "permission denied")],
    ids=["unknown", "known, without the right"],
)
def test_20_another_user_is_refused(shipped: Make, simulate: Make, user: str, words: str) -> None:
    """A user that the warehouse doesn't know, or that may not load, gets nowhere."""
    connection = {"ClusterIdentifier": "store-sales", "Database": "dev", "DbUser": user}
    simulator = simulate(shipped(connection=connection))
    execution = simulator.start(DAY)
    simulator.run()
    assert (execution.status, execution.error) == ("FAILED", "BuildDBFailed")
    assert words in execution.cause
    assert not [name for name in simulator.tables() if name.startswith("sales.")]
