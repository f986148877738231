"""Eight ways to build the pipeline wrong: each is an edit of its files as they are now.

    python tests/overlays/edits.py        writes the folders beside this file anew

A folder holds whole files to lay over the pipeline's: `python -m simulator run --overlay DIR`. A
test sees that they are what these edits make, so that an overlay differs in its defect alone.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

DEFINITION = "statemachine/store_sales_etl.asl.json"
DATA_API = "lambda/redshift_data_api/index.py"
JOBS = (
    "BuildDB",
    "CustomerAddressDimensionLoadJob",
    "ItemDimensionLoadJob",
    "StoreSalesFactLoadJob",
    "ValidateSalesMetric",
)
FACT = "StoreSalesFactLoadJob"

Files = dict[str, str]


def changed(text: str, old: str, new: str, *, times: int = 1) -> str:
    """Raises ValueError where the pipeline no longer says `old`: the edit needs a new look."""
    if text.count(old) != times:
        raise ValueError(f"expected {old!r} {times} times, got it {text.count(old)} times")
    return text.replace(old, new)


def no_client_token() -> Files:
    """A submission that is tried again is taken for a new one."""
    text = read(DATA_API)
    return {DATA_API: changed(text, "**request, ClientToken=token)", "**request)")}


def aborted_is_waited_for() -> Files:
    """A statement that somebody cancelled is polled on."""
    text = read(DEFINITION)
    for job in JOBS:
        status = rf'"Variable": "\$\.jobs\.{job}\.outcome\.status",\s+"StringEquals": '
        text, failed = re.subn(rf'({status})"ABORTED"', r'\1"NO_STATUS"', text)
        text, waits = re.subn(rf'({status})"STARTED"', r'\1"ABORTED"', text)
        # STARTED is waited for as well, by name of its second letter on
        text, picked = re.subn(
            rf'"Variable": ("\$\.jobs\.{job}\.outcome\.status"),(\s+)"StringEquals": "PICKED"',
            r'"Variable": \1,\2"StringMatches": "*T*D"',
            text,
        )
        if (failed, waits, picked) != (1, 1, 1):
            raise ValueError(f"{job}: expected one branch for each status, got others")
    return {DEFINITION: text}


def fact_load_inside_parallel() -> Files:
    """The fact load runs beside the dimensions that it looks keys up in."""
    text = read(DEFINITION)
    begin = text.index(f'            "Initialize{FACT}": {{\n')
    end = text.index('            "InitializeValidateSalesMetric": {\n')
    states = changed(
        text[begin:end],
        '"Next": "InitializeValidateSalesMetric"',
        f'"Next": "{FACT}Finished"',
    )
    text = text[:begin] + text[end:]
    branch = (
        f',\n        {{\n"StartAt": "Initialize{FACT}",\n"States": {{\n{states}'
        f'"{FACT}Finished": {{"Type": "Succeed"}}\n}}\n}}\n{" " * 14}],\n'
        f'{" " * 14}"ResultSelector": {{\n        "{FACT}.$": "$[2].jobs.{FACT}",\n'
    )
    text = changed(text, f'\n{" " * 14}],\n{" " * 14}"ResultSelector": {{\n', branch)
    text = changed(text, f'"Next": "Initialize{FACT}"', '"Next": "InitializeValidateSalesMetric"')
    text = changed(text, f'"$.jobs.{FACT}.outcome.report"', f'"$.dimensions.{FACT}.outcome.report"')
    return {DEFINITION: changed(text, f'"$.jobs.{FACT}.id"', f'"$.dimensions.{FACT}.id"')}


def delete_and_insert_apart() -> Files:
    """The day's old rows are gone for readers before its new ones are there."""
    submit = "        token = client_token("
    delete = f'''        if name == "{FACT}":
            lock, *others = request["Sqls"]
            (delete,) = [sql for sql in others if "DELETE FROM sales.store_sales" in sql]
            request["Sqls"].remove(delete)
            before = {{**request, "Sqls": [lock, delete]}}
            before["StatementName"] = statement_name(execution_id, "StoreSalesDelete")
            token = client_token(execution_id, "StoreSalesDelete", len(failed))
            call("batch_execute_statement", **before, ClientToken=token)
'''
    return {DATA_API: changed(read(DATA_API), submit, delete + submit)}


def catch_goes_on() -> Files:
    """After a dimension's failure the fact load begins all the same."""
    text = read(DEFINITION)
    begin = text.index('"CancelDimensionLoadJobs": {')
    end = text.index('"FailDimensionLoadJobs": {', begin)
    state = text[begin:end]
    at = state.rindex('"Next": "FailDimensionLoadJobs"')
    state = state[:at] + state[at:].replace("FailDimensionLoadJobs", f"Initialize{FACT}")
    return {DEFINITION: text[:begin] + state + text[end:]}


def no_clean_up_function() -> Files:
    """Nobody cancels what a stopped execution left running."""
    text = read("simulator.toml")
    begin, end = text.index("[rule."), text.index("[lake.")
    return {"simulator.toml": text[:begin] + text[end:]}


def staging_not_recreated() -> Files:
    """The staging table keeps what an earlier run had put there."""
    drop, create = (
        f"statemachine/sql/store_sales/0{name}_staging.sql" for name in ("1_drop", "2_create")
    )
    return {
        drop: "SELECT 1;\n",
        create: changed(read(create), "CREATE TABLE ", "CREATE TABLE IF NOT EXISTS "),
    }


def new_version_before_old_is_closed() -> Files:
    """An item's new version is inserted while the old one still stands."""
    close, insert = (
        f"statemachine/sql/item/{name}.sql"
        for name in ("08_close_old_versions", "09_insert_new_versions")
    )
    return {close: read(insert), insert: read(close)}


DEFECTS: Mapping[str, Callable[[], Files]] = {
    edit.__name__: edit
    for edit in (
        no_client_token,
        aborted_is_waited_for,
        fact_load_inside_parallel,
        delete_and_insert_apart,
        catch_goes_on,
        no_clean_up_function,
        staging_not_recreated,
        new_version_before_old_is_closed,
    )
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def main() -> None:
    for name, edit in DEFECTS.items():
        shutil.rmtree(HERE / name, ignore_errors=True)
        for file, text in edit().items():
            (HERE / name / file).parent.mkdir(parents=True, exist_ok=True)
            (HERE / name / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
