"""The stack on a port, with a week loaded, and the notebook executed beside its settings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest

from simulator.server.account import Account
from simulator.server.owner import Owner
from simulator.server.port import Port
from tests.support.modules import ROOT, load

DAYS = tuple(f"2024-01-0{number}" for number in range(2, 9))
# what the test asks the kernel for, after the notebook's own cells
TOLD = """
import json
print(json.dumps({
    "login": login["username"],
    "bethel": bethel.astype(str).values.tolist(),
    "store_id": store_id,
    "columns": columns[["name", "typeName"]].values.tolist(),
    "types": [str(kind) for kind in store.dtypes],
    "store": store.astype(str).values.tolist(),
    "weekly": weekly.astype(str).values.tolist(),
    "from_raw": from_raw.astype(str).values.tolist(),
    "refused": refused,
    "comparison": comparison.to_dict("index"),
}))
"""
NOTEBOOK = ROOT / "notebooks" / "dataapi.ipynb"
ANALYST = "analyst"
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class Watched(Account):
    """An account that notes which requests the analyst's credentials signed."""

    def __init__(self, say: Any, asked: list[tuple[str, Any]]) -> None:
        super().__init__(say)
        self._asked = asked

    def answer(self, request: Any, scope: Any) -> Any:
        if scope.access_key == ANALYST:
            self._asked.append((scope.service, request))
        return super().answer(request, scope)


class Loaded:
    """A port with the stack and what was loaded. `said` is the port's log, `asked` what the
    analyst asked for: (service, HTTP request)."""

    def __init__(self, lake: Path) -> None:
        self.said: list[str] = []
        self.asked: list[tuple[str, Any]] = []
        self._owner = Owner(lambda: Watched(self.said.append, self.asked), speed=None)
        self._owner.start()
        self._port = Port(self._owner, host="127.0.0.1", port=0, region="us-east-1")
        self._port.start()
        host, number = self._port.address
        self.url = f"http://{host}:{number}"
        stacks = load("tests/stack/stack.py", "notebooks_stack")

        @cache
        def client(service: str) -> Any:
            return boto3.client(service, "us-east-1", endpoint_url=self.url, **CREDENTIALS)

        self.client = client
        self.stack = stacks.Stack(client, "plain", lake).make()
        self.stack.load(*DAYS)

    def settings(self) -> dict[str, Any]:
        """What the stack's output notebook_settings says."""
        return {
            "region": "us-east-1",
            "connection": {"ClusterIdentifier": self.stack.connection["ClusterIdentifier"]},
            "database": self.stack.connection["Database"],
            "secret_arn": self.stack.analyst_secret,
            "lake_bucket": self.stack.lake_bucket,
        }

    def close(self) -> None:
        self._port.stop()
        self._owner.stop()


class Executed:
    """The notebook after two executions in one kernel, each from its first cell to its last."""

    def __init__(self, notebook: Any, told: list[dict[str, Any]]) -> None:
        self.notebook = notebook
        self.told = told

    def outputs(self, kind: str) -> list[Any]:
        """Everything of a MIME type that cells showed."""
        return [
            output["data"][kind]
            for cell in self.notebook.cells
            for output in cell.get("outputs", [])
            if kind in output.get("data", {})
        ]


def execute(url: str, folder: Path) -> Executed:
    """Execute the notebook twice in one kernel, by Jupyter's own client."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ENDPOINT_URL", url)
        patch.setenv("AWS_ACCESS_KEY_ID", ANALYST)
        patch.setenv("AWS_SECRET_ACCESS_KEY", ANALYST)
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        patch.setenv("MPLCONFIGDIR", str(folder))
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        nbformat.validate(notebook)
        cells = [*notebook.cells, nbformat.v4.new_code_cell(TOLD)]
        # the same again: nothing of the first time may be needed or in the way
        notebook.cells = cells + [nbformat.from_dict(cell) for cell in cells]
        client = nbclient.NotebookClient(
            notebook, timeout=60, resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
    told = [
        json.loads(cell["outputs"][0]["text"]) for cell in notebook.cells if cell["source"] == TOLD
    ]
    return Executed(notebook, told)


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    load("statemachine/sample_lake.py", "notebooks_sample_lake").fill(folder, days=7, scale=0.1)
    return folder


@pytest.fixture(scope="session")
def oracle(lake: Path) -> Any:
    return load("statemachine/oracle.py", "notebooks_oracle").Oracle(lake)


@pytest.fixture(scope="session")
def loaded(lake: Path) -> Iterator[Loaded]:
    made = Loaded(lake)
    yield made
    made.close()


@pytest.fixture(scope="session")
def folder(loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The notebook's folder, as on the analyst's machine."""
    made: Path = tmp_path_factory.mktemp("analyst")
    (made / "settings.json").write_text(json.dumps(loaded.settings()), encoding="utf-8")
    return made


@pytest.fixture(scope="session")
def executed(loaded: Loaded, folder: Path) -> Executed:
    """The notebook, executed."""
    return execute(loaded.url, folder)


@pytest.fixture(scope="session")
def policies() -> tuple[ModuleType, ModuleType, ModuleType]:
    """The stack as rendered, IAM's language, and how calls are read."""
    return (
        load("tests/stack/stack.py", "notebooks_policies_stack"),
        load("tests/policies/iam.py", "notebooks_policies_iam"),
        load("tests/policies/calls.py", "notebooks_policies_calls"),
    )
