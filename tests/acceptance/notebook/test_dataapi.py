"""The customer's document line by line: the analyst's notebook, executed by Jupyter's own client
against the stack on the port."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
NOTEBOOK = ROOT / "notebooks" / "dataapi.ipynb"
DAYS = [date(2024, 1, number) for number in range(2, 9)]
pytestmark = [
    # one worker executes the notebook for all
    pytest.mark.xdist_group("notebook"),
    # Jupyter's own packages, not ours
    pytest.mark.filterwarnings("ignore::DeprecationWarning:(jupyter|zmq|nbclient).*"),
]


def test_24_the_analyst_signs_in_with_the_secret(executed: Any, loaded: Any) -> None:
    """The stack's set-up put login and password there; nobody else knows the password."""
    assert executed.told[0]["login"] == "analyst"
    kept = loaded.client("secretsmanager").get_secret_value(SecretId=loaded.stack.analyst_secret)
    secret = json.loads(kept["SecretString"])
    assert secret.keys() == {"engine", "username", "password"}
    assert (secret["engine"], len(secret["password"])) == ("redshift", 32)
    assert secret["password"] not in json.dumps(executed.notebook)


def test_25_bethels_daily_orders_and_sales_are_the_oracles(executed: Any, oracle: Any) -> None:
    expected = [[str(value) for value in row] for row in oracle.bethel_daily(DAYS)]
    assert executed.told[0]["bethel"] == expected
    assert len(expected) == len(DAYS)


def test_26_a_result_is_fetched_by_its_statements_id_as_its_metadata_says(
    executed: Any, loaded: Any
) -> None:
    told = executed.told[0]
    assert told["columns"] == [
        ["s_store_name", "varchar"],
        ["d_date", "date"],
        ["orders", "int8"],
        ["items", "int8"],
        ["sales", "numeric"],
        ["profit", "numeric"],
    ]
    assert told["types"][1].startswith("datetime64")
    assert told["types"][2:] == ["Int64", "Int64", "object", "object"]
    # by that id whoever has the role may fetch it
    records = loaded.client("redshift-data").get_statement_result(Id=told["store_id"])["Records"]
    assert [record[4]["stringValue"] for record in records] == [row[4] for row in told["store"]]
    assert len(records) == len(DAYS)


def test_27_the_weekly_report_is_the_oracles_and_is_plotted(executed: Any, oracle: Any) -> None:
    expected = [[str(value) for value in row] for row in oracle.north_america_weekly(DAYS)]
    assert executed.told[0]["weekly"] == expected
    pictures = executed.outputs("image/png")
    # once for each execution
    assert len(pictures) == 2
    assert min(len(picture) for picture in pictures) > 5_000


def test_24_the_analysts_insert_is_refused(executed: Any, loaded: Any) -> None:
    assert "permission denied" in executed.told[0]["refused"]


def test_02_the_raw_files_give_the_same_report_and_cost_more_reading(
    executed: Any, lake: Path
) -> None:
    told = executed.told[0]
    assert told["from_raw"] == told["weekly"]
    raw, warehouse = told["comparison"]["raw files"], told["comparison"]["warehouse"]
    read = ("store", "item", "customer_address", "store_sales")
    files = [file for name in read for file in (lake / name).rglob("*.csv.gz")]
    loaded_days = {day.isoformat() for day in DAYS}
    assert raw["bytes read"] == sum(
        file.stat().st_size
        for file in files
        if file.parent.parent.name != "store_sales" or file.parent.name in loaded_days
    )
    # two weeks of a date, two counts and an amount
    assert 0 < warehouse["bytes read"] < 300
    assert raw["bytes read"] > 100 * warehouse["bytes read"]
    assert raw["seconds"] > 0
    assert warehouse["seconds"] > 0


def test_28_it_can_be_repeated(executed: Any) -> None:
    first, second = executed.told
    for name in ("bethel", "store", "weekly", "from_raw", "refused"):
        assert first[name] == second[name]
    assert first["store_id"] != second["store_id"]


def test_the_port_knew_all_that_was_asked(executed: Any, loaded: Any) -> None:
    assert loaded.said == []


def test_it_is_kept_without_output() -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
    # where the stack is stands beside it
    assert "arn:aws" not in NOTEBOOK.read_text(encoding="utf-8")
