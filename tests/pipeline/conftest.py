"""Loads the pipeline's files by path, as AWS and the simulator do: none of their folders is a
package."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from simulator import Execution, Simulator
from simulator import project as projects
from simulator.engine.ports import Place
from tests.support.modules import ROOT, load

REPORTED = ("customer_address", "item", "store_sales")


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    return load("statemachine/oracle.py", "pipeline_oracle")


@pytest.fixture(scope="session")
def sample_lake() -> ModuleType:
    return load("statemachine/sample_lake.py", "pipeline_sample_lake")


@pytest.fixture(scope="session")
def make_lake(
    sample_lake: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """Fills a folder, once for the same options: whoever changes it copies it before."""
    made: dict[str, Path] = {}

    def make(**options: Any) -> Path:
        key = repr(sorted(options.items()))
        if key not in made:
            made[key] = tmp_path_factory.mktemp("lake")
            sample_lake.fill(made[key], **options)
            SHARED_LAKES.add(made[key])
        return made[key]

    return make


SHARED_LAKES: set[Path] = set()


@functools.cache
def lasting_oracle(oracle: ModuleType, lake: Path) -> Any:
    """The oracle of a lake that nobody changes: each day's facts are worked out once."""
    made = oracle.Oracle(lake)
    made._loaded = functools.cache(made._loaded)
    return made


def load_function(folder: str) -> ModuleType:
    """A Lambda function's module; its client is made at import and needs a region."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    return load(f"lambda/{folder}/index.py", f"pipeline_{folder}")


@pytest.fixture(scope="session")
def data_api_function() -> ModuleType:
    return load_function("redshift_data_api")


@pytest.fixture(scope="session")
def operations_function() -> ModuleType:
    return load_function("redshift_operations")


@pytest.fixture(scope="session")
def clean_up_function() -> ModuleType:
    return load_function("redshift_cleanup")


class Picker:
    """A source of choice: for each (kind, end of the subject) the outcomes in turn; after them, and
    elsewhere, what happens when nothing goes wrong."""

    def __init__(self, outcomes: Mapping[tuple[str, str], Sequence[str]]) -> None:
        self.outcomes = {place: list(turns) for place, turns in outcomes.items()}

    def pick(self, place: Place, options: Sequence[str]) -> str:
        for (kind, end), turns in self.outcomes.items():
            if place.kind == kind and place.subject.endswith(end) and turns:
                return turns.pop(0)
        return options[0]


def with_setting(settings: Any, pause_cluster_after: bool) -> Any:
    """The clean-up function's own copy of the definition's setting."""
    if "PAUSE_CLUSTER_AFTER" not in settings.environment:
        return settings
    shown = json.dumps(pause_cluster_after)
    environment = {**settings.environment, "PAUSE_CLUSTER_AFTER": shown}
    return dataclasses.replace(settings, environment=environment)


@functools.cache
def shipped() -> projects.Project:
    """The project at the root: settings, which nobody changes."""
    return projects.read(ROOT / "simulator.toml")


class Pipeline:
    """The shipped project over a lake of its own, in one simulation: run after run."""

    def __init__(
        self,
        lake: Path,
        oracle: ModuleType,
        *,
        choices: Picker | None = None,
        edit: Callable[[dict[str, Any]], None] | None = None,
        first_status: str = "available",
        isolation: str = "SNAPSHOT",
        timing: Mapping[str, Any] | None = None,
        **substitutions: Any,
    ) -> None:
        """`edit` changes the rendered definition; `substitutions` replace the project's."""
        project = shipped()
        assert project.warehouse is not None
        (bucket,) = project.lake
        values = dict(project.definition.substitutions)
        for name, value in substitutions.items():
            kind = "json" if isinstance(value, dict) else "scalar"
            values[name] = dataclasses.replace(values[name], kind=kind, value=value)
        self.project = dataclasses.replace(
            project,
            lake={bucket: dataclasses.replace(project.lake[bucket], folder=lake, fill=None)},
            definition=dataclasses.replace(project.definition, substitutions=values),
            warehouse=dataclasses.replace(
                project.warehouse, first_status=first_status, isolation=isolation
            ),
            lambdas={
                name: with_setting(one, values["pause_cluster_after"].value)
                for name, one in project.lambdas.items()
            },
            timing=timing or {},
            places={("timing", name): "test" for name in timing or {}},
        )
        self.simulator = Simulator.from_project(self.project, choices=choices)
        is_shared = lake in SHARED_LAKES
        self.oracle = lasting_oracle(oracle, lake) if is_shared else oracle.Oracle(lake)
        if edit is not None:
            self.use(edit)

    def use(self, edit: Callable[[dict[str, Any]], None]) -> None:
        """Run an edited definition from now on."""
        rendered = projects.render(self.project, account_id="123456789012", region="us-east-1")
        definition = json.loads(rendered.text)
        edit(definition)
        self.simulator.create_state_machine(definition, name="StoreSalesETLEdited")

    def replace_function(self, name: str, handler: Callable[[Any, Any], Any]) -> None:
        """Let `handler` stand in for a function."""
        arn = self.simulator.add_lambda("StandIn", handler)

        def edit(definition: Any) -> None:
            original = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
            text = json.dumps(definition).replace(original, arn)
            definition.clear()
            definition.update(json.loads(text))

        self.use(edit)

    def day(self, text: str) -> date:
        return date.fromisoformat(text)

    def load(self, day: str | None, **members: str) -> Execution:
        """Run one execution to its end, and let what it left running end too."""
        request = {**members, **({} if day is None else {"refresh_date": day})}
        execution = self.simulator.start(request)
        self.simulator.run()
        return execution

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """A table's committed rows."""
        return list(self.simulator.query(f"SELECT * FROM sales.{table}").rows)

    def tables(self) -> dict[str, Counter[tuple[Any, ...]]]:
        """The tables that reports stand on: each row as often as it is there."""
        return {name: Counter(self.rows(name)) for name in REPORTED}

    def expected(self, *days: str) -> dict[str, Counter[tuple[Any, ...]]]:
        """The same tables as the oracle has them."""
        dates = [date.fromisoformat(day) for day in days]
        return {name: Counter(getattr(self.oracle, name)(dates)) for name in REPORTED}

    def jobs_started(self) -> list[str]:
        """The jobs whose SQL was submitted so far, in that order."""
        return [view.name.rsplit(":", 1)[-1] for view in self.simulator.statements if view.name]


@pytest.fixture
def make_pipeline(
    make_lake: Callable[..., Path], oracle: ModuleType
) -> Iterator[Callable[..., Pipeline]]:
    """Pipelines over a small lake of their own; closed after the test."""
    with contextlib.ExitStack() as stack:

        def make(lake: Path | None = None, **options: Any) -> Pipeline:
            pipeline = Pipeline(lake or make_lake(scale=0.04), oracle, **options)
            stack.callback(pipeline.simulator.close)
            return pipeline

        yield make


@pytest.fixture
def make_picker() -> type[Picker]:
    return Picker
