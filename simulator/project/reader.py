"""`simulator.toml` -> `Project`: every key checked, every file that it names looked for."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulator.project import neighbours
from simulator.project.sections import (
    REQUIRED,
    Document,
    ProjectError,
    Section,
    json_value,
    near,
    shown,
)
from simulator.project.settings import (
    CONCURRENCY,
    DefinitionSettings,
    LakeSettings,
    LambdaSettings,
    Project,
    QuerySettings,
    Reference,
    RunSettings,
    Substitution,
    SubstitutionKind,
    UserSettings,
    WarehouseSettings,
)
from simulator.project.stack import Stack, StackReader, first_of

FILE_NAME = "simulator.toml"
MAX_LAMBDA_TIMEOUT_SECONDS = 900
# AWS's rule for names of state machines: no blanks, brackets, wildcards or special characters
MACHINE_NAME = re.compile(r"[0-9A-Za-z_-]{1,80}")
REFERENCES: tuple[SubstitutionKind, ...] = (
    "sql_folder", "file", "json_file", "lambda", "state_machine", "activity"
)  # fmt: skip


def find(start: Path) -> Path:
    """The `simulator.toml` at `start` (a folder or the file itself), else the nearest above it."""
    start = start.absolute()
    if start.is_file():
        return start
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    raise ProjectError(
        shown(start),
        f"expected a {FILE_NAME} here or in a folder above, got none",
        "name one with --project, or write one: README.md says what goes in",
    )


def read(path: Path) -> Project:
    """Read a project; `path` is its folder or file. Raises `ProjectError` at the first mistake."""
    file = path.absolute()
    document = Document(file / FILE_NAME if file.is_dir() else file)
    root = Section(document, (), document.values)
    lambdas = {section.path[-1]: _lambda(section) for section in root.sections("lambda")}
    given_input = root.section("input")
    stack, own = _stack(root, document.file.parent, lambdas)
    lambdas |= stack.lambdas
    named = [*_machine_names(root, own), *(name for name in stack.machines if name != own)]
    machines = [_definition(section, lambdas, named) for section in root.sections("state_machine")]
    if own is None:
        definition = _definition(root.section("definition", required=True), lambdas, named)
    else:
        definition = stack.machines.pop(own)
    parameters = root.section("parameters")
    activities = [_activity(section) for section in root.sections("activity")]
    rules = [neighbours.rule(section, lambdas, named) for section in root.sections("rule")]
    queues = [neighbours.queue(section, lambdas) for section in root.sections("queue")]
    tables = {section.path[-1]: neighbours.table(section) for section in root.sections("table")}
    project = Project(
        file=document.file,
        definition=definition,
        lambdas=lambdas,
        state_machines=stack.machines | {machine.name: machine for machine in machines},
        rules=(*stack.rules, *rules),
        queues=(*stack.queues, *queues),
        tables=stack.tables | tables,
        parameters=(
            *stack.parameters,
            *(neighbours.parameter(parameters, name) for name in parameters.values),
        ),
        secrets=stack.secrets | dict(_secret(section) for section in root.sections("secret")),
        mocks={section.path[-1]: neighbours.mock(section) for section in root.sections("mock")},
        activities=(*stack.activities, *activities),
        lake=stack.lake | {section.path[-1]: _lake(section) for section in root.sections("lake")},
        warehouse=(
            _warehouse(root.section("warehouse")) if "warehouse" in root.values else stack.warehouse
        ),
        input={
            key: json_value(given_input, key, value) for key, value in given_input.values.items()
        },
        queries=tuple(_query(section) for section in root.sections("queries")),
        timing=root.section("timing").values,
        quotas=root.section("quotas").values,
        run=_run(root.section("run")),
        promises=_promises(root),
        places=_places(root, "timing", "quotas"),
    )
    root.known += ["definition", "template"]
    root.known.append("warehouse")
    root.finish()
    return project


def _places(root: Section, *names: str) -> dict[tuple[str, str], str]:
    return {
        (name, key): section.where(key)
        for name in names
        for section in (root.section(name),)
        for key in section.values
    }


def _stack(
    root: Section, folder: Path, lambdas: Mapping[str, LambdaSettings]
) -> tuple[Stack, str | None]:
    """What `[template]` declares, and the name of the state machine that `run` starts; nothing
    where there is no template."""
    if "template" not in root.values:
        return Stack(), None
    section = root.section("template")
    if "definition" in root.values:
        raise ProjectError(
            root.document.where(("template",)),
            "expected one of [definition] and [template], got both",
            "further state machines are declared as [state_machine.NAME]",
        )
    file = section.path_of("file", folder=False)
    parameters = section.section("parameters")
    given = {key: parameters.take(key, str) for key in parameters.values}
    wanted = section.take("state_machine", str, None)
    elsewhere = section.section("layers")
    layers = {
        key: elsewhere.existing(elsewhere.take(key, str), key, folder=True)
        for key in elsewhere.values
    }
    given_outside = section.section("outside")
    outside = {key: given_outside.take(key, str) for key in given_outside.values}
    section.finish()
    where = section.document.where(section.path)
    made = folder / ".simulator" / "template"
    reader = StackReader(
        file, given, where, made=made, declared=lambdas, layers=layers, outside=outside
    )
    stack = reader.read()
    return stack, first_of(stack, reader, wanted, where)


def _machine_names(root: Section, template: str | None) -> list[str]:
    """The names of the state machines, the definition's own first."""
    own = root.values.get("definition")
    names = list(root.values.get("state_machine") or ())
    if template is not None:
        names.insert(0, template)
    elif isinstance(own, dict):
        # what is of no right type is told when the section is read
        file = Path(str(own.get("file", "")))
        names.insert(0, str(own.get("name") or file.name.partition(".")[0]))
    return names


def _definition(
    section: Section, lambdas: Mapping[str, LambdaSettings], machines: Collection[str]
) -> DefinitionSettings:
    """`[definition]`, or a `[state_machine.NAME]`, which has its name in its header."""
    file = section.path_of("file", folder=False)
    own = section.path == ("definition",)
    name = section.take("name", str, file.name.partition(".")[0]) if own else section.path[-1]
    if not MACHINE_NAME.fullmatch(name):
        expected = f"expected 1 to 80 letters, digits, hyphens and underscores, got {name!r}"
        raise ProjectError(section.where("name") if own else section.where(), expected)
    values = section.section("substitutions")
    kind = section.choice("type", ("STANDARD", "EXPRESS"))
    role_arn = section.take("role_arn", str, None)
    section.finish()
    substitutions = {key: _substitution(values, key, lambdas, machines) for key in values.values}
    return DefinitionSettings(file, name, substitutions, kind, role_arn)


def _activity(section: Section) -> str:
    """`[activity.NAME]` has a name and nothing else."""
    name = section.path[-1]
    if not MACHINE_NAME.fullmatch(name):
        expected = f"expected 1 to 80 letters, digits, hyphens and underscores, got {name!r}"
        raise ProjectError(section.where(), expected)
    section.finish()
    return name


def _activity_named(section: Section, key: str, target: str) -> Substitution:
    declared = section.document.values.get("activity") or {}
    if target not in declared:
        hint = near(target, declared) or f"declare it: [activity.{target}]"
        raise section.error(key, f"expected one of [activity.*], got {target!r}", hint)
    return Substitution("activity", target, section.where(key))


def _substitution(
    section: Section,
    key: str,
    lambdas: Mapping[str, LambdaSettings],
    machines: Collection[str],
) -> Substitution:
    value, where = section.values[key], section.where(key)
    if not re.fullmatch(r"[A-Za-z_][\w-]*", key):
        raise section.error(key, f"expected a name that fits into ${{...}}, got {key!r}")
    kind = next((name for name in REFERENCES if isinstance(value, dict) and name in value), None)
    if kind is None:
        plain = json_value(section, key, value)
        return Substitution("json" if isinstance(plain, (dict, list)) else "scalar", plain, where)
    if len(value) > 1:
        hint = "a JSON object with such a member goes into a file: { json_file = ... }"
        raise section.error(key, f"expected {kind!r} alone, got {value!r}", hint)
    target = Section(section.document, (*section.path, key), value).take(kind, str)
    if kind == "lambda":
        neighbours.check_function(section, key, target, lambdas)
        return Substitution(kind, target, where)
    if kind == "state_machine":
        if target not in machines:
            hint = near(target, machines) or f"declare it: [state_machine.{target}]"
            raise section.error(
                key, f"expected a machine of [state_machine.*], got {target!r}", hint
            )
        return Substitution(kind, target, where)
    if kind == "activity":
        return _activity_named(section, key, target)
    path = section.existing(target, key, folder=kind == "sql_folder")
    if kind == "sql_folder":
        files = tuple(sorted(path.glob("*.sql"), key=lambda file: file.name))
        if not files:
            raise section.error(key, f"expected *.sql files in {shown(path)}, got none")
        return Substitution(kind, files, where)
    return Substitution(kind, path, where)


def _lambda(section: Section) -> LambdaSettings:
    path = section.path_of("path", folder=True)
    handler = section.take("handler", str, "index.handler")
    module, _, function = handler.rpartition(".")
    file = path / f"{module.replace('.', '/')}.py"
    if not module or not function or not (file.is_file() or file.with_suffix("").is_dir()):
        key = "handler" if "handler" in section.values else "path"
        hint = f"handler = {handler!r} means function {function!r} in file {module + '.py'!r}"
        others = sorted(one.name for one in file.parent.glob(f"{file.stem}.*"))
        if others:
            hint += f"; {others[0]} is there, but only Python runs here"
        raise section.error(
            key, f"expected the handler's file {shown(file)}, got nothing there", hint
        )
    timeout = section.take("timeout_seconds", int, 3)
    if not 1 <= timeout <= MAX_LAMBDA_TIMEOUT_SECONDS:
        raise section.error("timeout_seconds", f"expected 1 to 900 as on AWS, got {timeout!r}")
    settings = LambdaSettings(
        name=section.path[-1],
        path=path,
        handler=handler,
        timeout_seconds=timeout,
        memory_mb=section.take("memory_mb", int, 128),
        environment=_environment(section.section("environment")),
        layers=tuple(
            section.existing(text, "layers", folder=True) for text in section.strings("layers")
        ),
        role_arn=section.take("role_arn", str, None),
        aliases=section.strings("aliases"),
    )
    section.finish()
    return settings


def _environment(section: Section) -> dict[str, str]:
    return {key: section.take(key, str) for key in section.values}


def _secret(section: Section) -> tuple[str, dict[str, str]]:
    """Members are named as in a secret for Redshift: username, password, dbClusterIdentifier."""
    content = {
        "username": section.take("username", str),
        "password": section.take("password", str),
    }
    cluster = section.take("dbClusterIdentifier", str, None)
    section.finish()
    return section.path[-1], content | ({"dbClusterIdentifier": cluster} if cluster else {})


def _lake(section: Section) -> LakeSettings:
    options = section.section("options")
    is_empty = "folder" not in section.values and "fill" not in section.values
    nowhere = f".simulator/empty/{section.path[-1]}"
    settings = LakeSettings(
        bucket=section.path[-1],
        # it may be missing: then `fill` makes it
        folder=(
            section.document.file.parent
            / section.take("folder", str, nowhere if is_empty else REQUIRED)
        ).resolve(),
        is_empty=is_empty,
        fill=_reference(section, "fill") if "fill" in section.values else None,
        options={key: json_value(options, key, value) for key, value in options.values.items()},
        where=section.document.where(section.path),
    )
    section.known.append("fill")
    section.finish()
    return settings


def _reference(section: Section, key: str) -> Reference:
    text = section.take(key, str)
    file, colon, name = text.rpartition(":")
    if not colon or not name.isidentifier():
        raise section.error(key, f"expected 'path/to/file.py:function', got {text!r}")
    return Reference(section.existing(file, key, folder=False), name, section.where(key))


def _warehouse(section: Section) -> WarehouseSettings:
    declared = section.section("users")
    users = [_user(declared.section(name, required=True)) for name in declared.values]
    if not any(user.superuser for user in users):
        users.append(UserSettings("awsuser", superuser=True))
    given = [key for key in ("cluster", "workgroup") if key in section.values]
    if len(given) > 1:
        raise section.error("workgroup", "expected one of 'cluster' and 'workgroup', got both")
    workgroup = section.take("workgroup", str, None)
    if workgroup is not None and "first_status" in section.values:
        raise section.error("first_status", "expected none of a workgroup, which cannot be paused")
    section.known.append("cluster")
    settings = WarehouseSettings(
        cluster=f"workgroup/{workgroup}" if workgroup else section.take("cluster", str),
        workgroup=workgroup,
        database=section.take("database", str, "dev"),
        users=tuple(users),
        first_status=section.choice("first_status", ("available", "paused")),
        isolation=section.choice("isolation", ("SNAPSHOT", "SERIALIZABLE")),
        concurrency=_concurrency(section),
        setup=tuple(
            section.existing(text, "setup", folder=False) for text in section.strings("setup")
        ),
    )
    section.finish()
    return settings


def _concurrency(section: Section) -> int:
    level = section.take("concurrency", int, CONCURRENCY)
    if level < 1:
        raise section.error("concurrency", f"expected at least 1, got {level!r}")
    return level


def _promises(root: Section) -> Path | None:
    section = root.section("promises")
    if "promises" not in root.values:
        return None
    file = section.path_of("file", folder=False)
    section.finish()
    return file


def _user(section: Section) -> UserSettings:
    user = UserSettings(
        name=section.path[-1],
        superuser=section.take("superuser", bool, default=False),
        password=section.take("password", str, None),
    )
    section.finish()
    return user


def _query(section: Section) -> QuerySettings:
    given = [key for key in ("sql", "sql_file") if key in section.values]
    if len(given) != 1:
        where = section.document.where(section.path)
        raise ProjectError(where, f"expected one of 'sql' and 'sql_file', got {given or 'none'}")
    sql = section.take("sql", str, "")
    file = section.path_of("sql_file", folder=False) if given == ["sql_file"] else None
    section.known.append("sql_file")
    settings = QuerySettings(
        title=section.path[-1],
        sql=file.read_text(encoding="utf-8") if file else sql,
        user=section.take("user", str, None),
        database=section.take("database", str, None),
    )
    section.finish()
    return settings


def _run(section: Section) -> RunSettings:
    settings = RunSettings(
        seed=section.take("seed", int, 0), start_time=_start_time(section, "start_time")
    )
    section.finish()
    return settings


def _start_time(section: Section, key: str) -> datetime | None:
    section.known.append(key)
    value: Any = section.values.get(key)
    if value is None:
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        expected = "expected a moment such as 2024-01-09T10:00:00Z"
        raise section.error(key, f"{expected}, got {value!r}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_json(path: Path, where: str) -> Any:
    """The JSON in a file that a setting names."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProjectError(where, f"expected JSON in {shown(path)}, got {error}") from None


__all__ = ["FILE_NAME", "REQUIRED", "find", "read", "read_json"]
