"""What a user gets for a mistake: one message with the place, the exit code that was promised, and
no traceback of ours. Each mistake is made in a copy of the shipped project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DEFINITION = "statemachine/store_sales_etl.asl.json"
TOML = "simulator.toml"
FUNCTION = "lambda/redshift_data_api/index.py"
Make = Callable[..., Any]


def replace(file: Path, old: str, new: str) -> None:
    """Make a mistake in a file, once."""
    text = file.read_text(encoding="utf-8")
    before, found, after = text.partition(old)
    assert found, f"{file} has no {old!r}"
    file.write_text(before + new + after, encoding="utf-8")


def line_of(file: Path, text: str) -> int:
    """The first line that holds `text`, counted from 1."""
    return file.read_text(encoding="utf-8").partition(text)[0].count("\n") + 1


def check_message(out: str, err: str, root: Path) -> None:
    """Nothing on stdout, no frames of ours, nothing that we hadn't foreseen."""
    assert out == ""
    assert "Traceback" not in err
    assert "internal error" not in err
    assert str(root / "simulator") not in err


# the mistake, and where it is told: None where it was made
DEFINITIONS = {
    "an unknown Next": (
        ('"Next": "GetBuildDBStatus"', '"Next": "GetBuildDBStatuz"'),
        "Missing 'Next' target: GetBuildDBStatuz",
        None,
    ),
    "an unknown type": (
        ('"Type": "Wait"', '"Type": "Wiat"'),
        "The field 'Type' should have one of these values: [Task, Wait, ",
        None,
    ),
    "an unreachable state": (
        ('"Next": "ReadRefreshDateError"', '"Next": "FailRefreshDate"'),
        'State "ReadRefreshDateError" is not reachable',
        '"ReadRefreshDateError": {',
    ),
    "a branch that points outside itself": (
        (
            '"Next": "CustomerAddressDimensionLoadJobFinished"',
            '"Next": "InitializeStoreSalesFactLoadJob"',
        ),
        "Missing 'Next' target: InitializeStoreSalesFactLoadJob",
        None,
    ),
    "bad JSON": (
        ('"Type": "Task",', '"Type": "Task"'),
        "was expecting comma",
        # where it can't go on
        '"Resource": "${operations_function_arn}"',
    ),
    "a bad path": (
        ('"ResultPath": "$.resumed"', '"ResultPath": "$.resumed["'),
        "Value is not a Reference Path: path '$.resumed['",
        None,
    ),
    "an unknown function": (
        (
            '"Resource": "${data_api_function_arn}"',
            '"Resource": "arn:aws:lambda:us-east-1:123456789012:function:Nope"',
        ),
        "expected a function of [lambda.*] in simulator.toml, got 'Nope'; known here: Store",
        None,
    ),
}


@pytest.mark.parametrize("mistake", DEFINITIONS)
def test_a_wrong_definition_is_refused_at_its_place(
    copied_project: Path, command: Make, root: Path, mistake: str
) -> None:
    (old, new), message, place = DEFINITIONS[mistake]
    replace(copied_project / DEFINITION, old, new)
    code, out, err = command("run")
    assert code == 2
    check_message(out, err, root)
    first, *others = err.splitlines()
    line = line_of(copied_project / DEFINITION, place or new)
    assert first.startswith(f"{DEFINITION}:{line}:")
    assert message in first
    # what follows from it is not a wall of text
    assert len(others) <= 5
    # refused before anything ran or was made
    assert not (copied_project / ".simulator").exists()
    # and told in the same words without a run
    code, out, _ = command("validate")
    assert (code, out.splitlines()[0]) == (2, first)


# the file and the mistake, what is said of it, and the hint
SETTINGS = {
    "a wrong key": (
        (TOML, "\ntimeout_seconds = 30", "\ntimeout_second = 30"),
        "[lambda.StoreSalesRedshiftDataApi] timeout_second: expected a known key",
        "did you mean 'timeout_seconds'?",
    ),
    "a wrong section": (
        (TOML, "\n[lake.store", "\n[lakes.store"),
        "[lakes]: expected a known section, got 'lakes'",
        "did you mean 'lake'?",
    ),
    "no TOML": ((TOML, '\ndatabase = "dev"', '\ndatabase = "dev'), "expected TOML", None),
    "a missing folder of SQL": (
        (TOML, 'folder = "statemachine/sql/item"', 'folder = "statemachine/sql/itme"'),
        "item_sql: expected a folder at statemachine/sql/itme",
        "did you mean 'item'?",
    ),
    "a missing SQL file": (
        (TOML, "queries/bethel_daily.sql", "queries/bethel_dialy.sql"),
        "sql_file: expected a file at statemachine/sql/queries/bethel_dialy.sql",
        "did you mean 'bethel_daily.sql'?",
    ),
    "a missing definition": (
        (TOML, "store_sales_etl.asl.json", "store_sale_etl.asl.json"),
        "[definition] file: expected a file at statemachine/store_sale_etl.asl.json",
        "did you mean 'store_sales_etl.asl.json'?",
    ),
    "a function that is not declared": (
        (TOML, '{ lambda = "StoreSalesRedshiftDataApi" }', '{ lambda = "StoreSalesDataApi" }'),
        "data_api_function_arn: expected a function of [lambda.*], got 'StoreSalesDataApi'",
        "did you mean 'StoreSalesRedshiftDataApi'?",
    ),
    "a function without its folder": (
        (TOML, '\npath = "lambda/redshift_data_api', '\npath = "lambda/redshift_data'),
        "[lambda.StoreSalesRedshiftDataApi] path: expected a folder at lambda/redshift_data",
        "did you mean 'redshift_data_api'?",
    ),
    "a wrong date": (
        (TOML, "\nstart_time = 2024-01-09T10:00:00Z", '\nstart_time = "noon"'),
        "[run] start_time: expected a moment such as 2024-01-09T10:00:00Z, got 'noon'",
        None,
    ),
    "an unknown placeholder": (
        (DEFINITION, '"${time_zone}"', '"${time_zoone}"'),
        "expected a substitution for 'time_zoone', got none",
        "did you mean 'time_zone'?",
    ),
}


@pytest.mark.parametrize("mistake", SETTINGS)
def test_a_wrong_setting_is_one_message_with_its_place(
    copied_project: Path, command: Make, root: Path, mistake: str
) -> None:
    (file, old, new), message, hint = SETTINGS[mistake]
    replace(copied_project / file, old, new)
    code, out, err = command("run")
    assert code == 2
    check_message(out, err, root)
    first, *others = err.splitlines()
    line = line_of(copied_project / file, new) + new.count("\n")
    assert first.startswith(f"{file}:{line}:")
    assert message in first
    assert others == ([] if hint is None else [f"  hint: {hint}"])
    assert not (copied_project / ".simulator").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "refresh_date"], "--set: expected NAME=VALUE, got 'refresh_date'"),
        (["--input", "[1]", "--set", "a=5"], "--set a: expected an object to set 'a' in, got [1]"),
        (["--input", "{bad"], "--input: expected JSON, got '{bad'"),
        (["--start-time", "2024-13-01"], "--start-time: expected a moment such as"),
        (["--name", "a b"], "--name: expected a name that Step Functions takes, got 'a b'"),
        (["--history", "nowhere/x.json"], "--history: expected a file in a folder that exists"),
        (["--continue"], "expected what a run leaves behind, got none"),
    ],
    ids=[
        "--set",
        "--set in a list",
        "--input",
        "--start-time",
        "--name",
        "--history",
        "--continue",
    ],
)
def test_a_wrong_option_is_one_message(
    copied_project: Path, command: Make, root: Path, arguments: list[str], message: str
) -> None:
    code, out, err = command("run", *arguments)
    assert code == 2
    check_message(out, err, root)
    assert message in err
    # refused before the run, whose result would be lost
    assert not (copied_project / ".simulator" / "run.json").exists()


@pytest.mark.parametrize("text", ["2024-02-30", "07.01.2024", "20240107"])
def test_a_wrong_date_is_refused_by_name_before_any_sql(
    copied_project: Path, command: Make, root: Path, text: str
) -> None:
    code, out, err = command("run", "--set", f"refresh_date={text}")
    assert (code, err.replace("\n", "")[:12]) == (1, "filling lake")
    assert "FAILED in FailRefreshDate\nerror: WrongRefreshDate\n" in out
    assert (
        f"cause: refresh_date: expected a day as YYYY-MM-DD, got {text!r}".replace(
            "'20240107'", "20240107"
        )
        in out
    )
    # its timeline shows no statement
    assert "\n  sql " not in out
    # refused on purpose: the cause says it all
    assert "Traceback" not in out
    assert str(root / "simulator") not in out


def test_a_lake_without_the_day_fails_the_fact_load_as_redshift_would(
    copied_project: Path, command: Make, root: Path
) -> None:
    code, out, _ = command("run", "--set", "refresh_date=2024-01-20")
    assert code == 1
    place = "FAILED in FailUnlessRedriven > branch 1 > FailLoadDay"
    assert f"{place}\nerror: StoreSalesFactLoadJobFailed\n" in out
    assert "The specified S3 prefix 'store_sales/2024-01-20/' does not exist" in out
    assert str(root / "simulator") not in out


def test_a_file_that_copy_can_t_read_is_named(copied_project: Path, command: Make) -> None:
    """Redshift points to a system table; here the file and the line are said at once."""
    assert command("run")[0] == 0
    file = copied_project / ".simulator" / "lake" / "item" / "2024-01-08" / "part-0000.csv.gz"
    file.write_bytes(b"not compressed")
    code, out, _ = command("run")
    assert code == 1
    assert "Load into table 'stg_item' failed" in out
    assert "item/2024-01-08/part-0000.csv.gz" in out


HANDLERS = {
    "an exception": (
        ('    name = job["name"]\n', '    print("got", sorted(job))\n    name = job["nome"]\n'),
        ['name = job["nome"]', "KeyError: 'nome'", "it printed:", "got ['connection', "],
    ),
    "a missing module": (
        ("import boto3\n", "import boto4\n"),
        ["import boto4", "ModuleNotFoundError: No module named 'boto4'"],
    ),
    "no Python": (
        ("import boto3\n", "import boto3 as\n"),
        ["import boto3 as\n", "SyntaxError: invalid syntax"],
    ),
    "no handler": (
        ("def handler(", "def handle("),
        ["\n    Runtime.HandlerNotFound: Handler 'handler' missing on module 'index'\n"],
    ),
    "an answer that is no JSON": (
        ('    name = job["name"]\n', "    return {1, 2}\n"),
        ["\n    Runtime.MarshalError: Unable to marshal response: Object of type set"],
    ),
}


@pytest.mark.parametrize("mistake", HANDLERS)
def test_an_error_in_a_handler_shows_the_user_s_frames_and_output(
    copied_project: Path, command: Make, root: Path, mistake: str
) -> None:
    (old, new), shown = HANDLERS[mistake]
    replace(copied_project / FUNCTION, old, new)
    code, out, _ = command("run")
    assert code == 1
    assert "error: BuildDBFailed\n" in out
    assert "function StoreSalesRedshiftDataApi in state BuildDB failed:\n" in out
    for text in shown:
        assert text in out
    frames = [line.split('"')[1] for line in out.splitlines() if line.startswith("      File ")]
    assert {Path(frame) for frame in frames} <= {copied_project / FUNCTION}
    assert str(root / "simulator") not in out
    assert "simulator." not in out


def test_a_statement_that_is_no_sql_fails_its_job_in_redshift_s_words(
    copied_project: Path, command: Make
) -> None:
    sql = copied_project / "statemachine" / "sql" / "item" / "04_leave_out_later_changes.sql"
    replace(sql, "WHERE", "WERE")
    code, out, _ = command("run")
    assert code == 1
    assert "cause: ItemDimensionLoadJob: FAILED in statement 5 of 11 (DELETE FROM" in out
    assert "ERROR: syntax error at or near " in out
