"""`simulator.toml`: what is read, what is refused and where, and Terraform's templates."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from simulator import project
from simulator.project import ProjectError, jsonencode, render_text

ACCOUNT = {"account_id": "123456789012", "region": "us-east-1"}
FILES = {
    "machine.asl.json": '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
    "fn/index.py": "def handler(event, context):\n    return event\n",
    "sql/02_second.sql": "select 2",
    "sql/01_first.sql": "select 1 < 2\n",
    "fill.py": "def fill(folder): ...",
    "values.json": '{"b": 1, "a": "<"}',
}


@pytest.fixture
def write(tmp_path: Path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)

    def write(toml: str, definition: str | None = None) -> Path:
        if definition is not None:
            (tmp_path / "machine.asl.json").write_text(definition)
        path = tmp_path / "simulator.toml"
        path.write_text(dedent(toml))
        return path

    return write


DEFINITION = '[definition]\nfile = "machine.asl.json"\n'


def complaint(path: Path) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        project.read(path)
    return caught.value


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("5", "expected text in quotes, got 5"),
        (f'"{"x" * 300}"', "expected a file at 'xxx"),
        (r'"\u0000"', "expected text without NUL"),
    ],
)
def test_a_definition_that_names_no_file_is_refused_where_it_stands(write, value, says):
    told = str(complaint(write(f"[definition]\nfile = {value}\n")))
    assert ":2: [definition] file: " in told
    assert says in told


def test_values_nested_too_deep_are_refused(write):
    assert "nested too deep" in str(complaint(write(f"x = {'[' * 5000}{']' * 5000}")))


def test_everything_that_a_project_may_say_is_read(write):
    path = write(
        """
        [definition]
        file = "machine.asl.json"
        name = "Machine"
        [definition.substitutions]
        wait_seconds = 5
        [lambda.load]
        path = "fn"
        timeout_seconds = 30
        environment = { TABLE = "sales" }
        [lake.raw]
        folder = ".simulator/lake"
        fill = "fill.py:fill"
        options = { days = 7, first = 2024-01-05 }
        [warehouse]
        cluster = "c"
        users = { etl = {}, admin = { superuser = true } }
        first_status = "paused"
        setup = ["sql/01_first.sql"]
        [input]
        refresh_date = 2024-01-05
        [queries."All of it"]
        sql_file = "sql/02_second.sql"
        [timing]
        api_call_ms = 7
        [run]
        seed = 3
        start_time = 2024-01-09T10:00:00Z
        """
    )
    read = project.read(path)
    assert read.definition.name == "Machine"
    assert read.lambdas["load"].timeout_seconds == 30
    assert read.lambdas["load"].environment == {"TABLE": "sales"}
    assert read.lake["raw"].folder == path.parent.resolve() / ".simulator/lake"
    assert read.lake["raw"].options == {"days": 7, "first": "2024-01-05"}
    assert str(read.lake["raw"].fill) == "fill.py:fill"
    assert read.warehouse is not None
    assert read.warehouse.superuser == "admin"
    assert read.input == {"refresh_date": "2024-01-05"}
    assert [(query.title, query.sql) for query in read.queries] == [("All of it", "select 2")]
    assert read.timing == {"api_call_ms": 7}
    assert read.places["timing", "api_call_ms"].endswith("simulator.toml:25: [timing] api_call_ms")
    assert read.run.seed == 3
    assert read.run.start_time is not None
    assert read.run.start_time.isoformat() == "2024-01-09T10:00:00+00:00"


def test_a_function_has_aws_s_own_defaults(write):
    function = project.read(write(DEFINITION + '[lambda.load]\npath = "fn"\n')).lambdas["load"]
    assert (function.handler, function.timeout_seconds, function.memory_mb) == (
        "index.handler",
        3,
        128,
    )


RULE = """
[lambda.clean]
path = "fn"
[rule.ended]
target = { lambda = "clean" }
[rule.ended.pattern]
source = ["aws.states"]
detail = { status = ["FAILED", "ABORTED"] }
"""


def test_a_rule_has_a_pattern_and_a_function(write):
    (rule,) = project.read(write(DEFINITION + RULE)).rules
    assert (rule.name, rule.target) == ("ended", "clean")
    assert rule.pattern == {
        "source": ["aws.states"],
        "detail": {"status": ["FAILED", "ABORTED"]},
    }
    assert rule.where.endswith("simulator.toml:8: [rule.ended.pattern]")


def test_a_rule_may_start_the_state_machine(write):
    text = RULE.replace('{ lambda = "clean" }', '{ state_machine = "m" }')
    named = DEFINITION.replace("[definition]", '[definition]\nname = "m"')
    (rule,) = project.read(write(named + text)).rules
    assert (rule.target, rule.kind) == ("m", "state_machine")
    with pytest.raises(project.ProjectError, match="expected the state machine 'm', got 'n'"):
        project.read(write(named + text.replace('"m"', '"n"')))


def test_a_secret_has_the_members_of_secrets_manager(write):
    secret = '[secret.analyst]\nusername = "analyst"\npassword = "Weekly1Report"\n'
    secrets = project.read(write(DEFINITION + secret)).secrets
    assert secrets == {"analyst": {"username": "analyst", "password": "Weekly1Report"}}
    with pytest.raises(project.ProjectError, match="expected a key 'password', got none"):
        project.read(write(DEFINITION + '[secret.analyst]\nusername = "analyst"\n'))


def test_a_warehouse_has_a_concurrency_level(write):
    warehouse = '[warehouse]\ncluster = "c"\n'
    read = project.read(write(DEFINITION + warehouse + "concurrency = 5\n"))
    assert read.warehouse.concurrency == 5
    assert project.read(write(DEFINITION + warehouse)).warehouse.concurrency == 50
    with pytest.raises(project.ProjectError, match="expected at least 1, got 0"):
        project.read(write(DEFINITION + warehouse + "concurrency = 0\n"))


def test_a_warehouse_without_a_superuser_has_awsuser(write):
    read = project.read(write(DEFINITION + '[warehouse]\ncluster = "c"\nusers = { etl = {} }\n'))
    assert read.warehouse is not None
    assert read.warehouse.superuser == "awsuser"


@pytest.mark.parametrize(
    ("toml", "line", "parts"),
    [
        (
            DEFINITION + RULE.replace('lambda = "clean"', 'lambda = "claen"'),
            7,
            ["[rule.ended.target] lambda", "a function of [lambda.*]", "did you mean 'clean'?"],
        ),
        (
            DEFINITION + RULE.replace('{ lambda = "clean" }', '{ function = "clean" }'),
            7,
            ["expected one of lambda, state_machine, queue, topic, got {'function': 'clean'}"],
        ),
        (
            DEFINITION + '[lambda.f]\npath = "fn"\n[rule.r]\ntarget = { lambda = "f" }\n',
            5,
            ["[rule.r]", "expected a key 'pattern', got none"],
        ),
        (
            DEFINITION + '[warehouse]\ncluster = "c"\nworkgroup = "w"\n',
            5,
            ["one of 'cluster' and 'workgroup', got both"],
        ),
        (
            DEFINITION + '[warehouse]\nworkgroup = "w"\nfirst_status = "paused"\n',
            5,
            ["[warehouse] first_status", "a workgroup, which cannot be paused"],
        ),
        (DEFINITION + "[lamda.x]\n", 3, ["[lamda]", "known section", "did you mean 'lambda'?"]),
        (
            DEFINITION + '[lambda.load]\npath = "fn"\ntimeout_secs = 3\n',
            5,
            ["[lambda.load] timeout_secs", "did you mean 'timeout_seconds'?"],
        ),
        (
            DEFINITION + '[lambda.load]\npath = "fn"\ntimeout_seconds = "3"\n',
            5,
            ["[lambda.load] timeout_seconds", "expected an integer, got '3'"],
        ),
        (
            DEFINITION + '[lambda.load]\npath = "fn"\ntimeout_seconds = true\n',
            5,
            ["expected an integer, got True"],
        ),
        (
            DEFINITION + '[lambda.load]\npath = "fn"\ntimeout_seconds = 901\n',
            5,
            ["expected 1 to 900 as on AWS, got 901"],
        ),
        (
            DEFINITION + '[lambda.load]\npath = "fnn"\n',
            4,
            ["[lambda.load] path", "expected a folder", "nothing there", "did you mean 'fn'?"],
        ),
        (
            DEFINITION + '[lambda.load]\npath = "fn"\nhandler = "main.handler"\n',
            5,
            ["[lambda.load] handler", "main.py"],
        ),
        (
            DEFINITION + '[lambda.load]\npath = "fn"\nenvironment = { N = 1 }\n',
            5,
            ["[lambda.load.environment] N", "expected text in quotes, got 1"],
        ),
        ('[definition]\nfile = "machine.json"\n', 2, ["[definition] file", "machine.json"]),
        ("[definition]\n", 1, ["[definition]", "expected a key 'file'"]),
        ("", None, ["expected a key 'definition'"]),
        ("[definition]\nfile = \n", 2, ["expected TOML"]),
        (
            DEFINITION + '[definition.substitutions]\nsql = { sql_folder = "sqll" }\n',
            4,
            ["[definition.substitutions] sql", "did you mean 'sql'?"],
        ),
        (
            DEFINITION + '[definition.substitutions]\nsql = { sql_folder = "fn" }\n',
            4,
            ["expected *.sql files"],
        ),
        (
            DEFINITION + '[definition.substitutions]\narn = { lambda = "laod" }\n'
            '[lambda.load]\npath = "fn"\n',
            4,
            ["expected a function of [lambda.*], got 'laod'", "did you mean 'load'?"],
        ),
        (
            DEFINITION + '[definition.substitutions]\nx = { file = "fill.py", mode = 1 }\n',
            4,
            ["expected 'file' alone", "json_file"],
        ),
        (
            DEFINITION + '[lake.raw]\nfolder = "x"\nfill = "fill.py"\n',
            5,
            ["[lake.raw] fill", "expected 'path/to/file.py:function', got 'fill.py'"],
        ),
        (
            DEFINITION + '[warehouse]\ncluster = "c"\nfirst_status = "asleep"\n',
            5,
            ["[warehouse] first_status", "'available', 'paused'"],
        ),
        (
            DEFINITION + '[warehouse]\ncluster = "c"\nisolation = "READ COMMITTED"\n',
            5,
            ["[warehouse] isolation", "'SNAPSHOT', 'SERIALIZABLE'"],
        ),
        (
            DEFINITION + '[queries."My query"]\nsql = "a"\nsql_file = "sql/01_first.sql"\n',
            3,
            ['"My query"', "one of 'sql' and 'sql_file'"],
        ),
        (
            DEFINITION + '[run]\nstart_time = "yesterday"\n',
            4,
            ["[run] start_time", "2024-01-09T10:00:00Z", "'yesterday'"],
        ),
        (DEFINITION + "[input]\nx = nan\n", 4, ["[input] x", "number that JSON has"]),
    ],
)
def test_a_mistake_is_one_message_with_its_place(write, toml, line, parts):
    error = complaint(write(toml))
    text = str(error)
    assert text.count("simulator.toml") == 1
    if line is not None:
        assert f"simulator.toml:{line}:" in error.where
    for part in parts:
        assert part in text


def test_a_project_is_found_from_a_folder_below_it(write, tmp_path):
    path = write(DEFINITION)
    below = tmp_path / "fn"
    assert project.find(below) == path
    assert project.find(path) == path


def test_no_project_anywhere_is_said(tmp_path):
    with pytest.raises(ProjectError, match=r"expected a simulator\.toml here or in a folder above"):
        project.find(tmp_path)


def test_substitutions_are_rendered_as_terraform_renders_them(write):
    path = write(
        """
        [definition]
        file = "machine.asl.json"
        [definition.substitutions]
        seconds = 5
        rate = 2.50
        whole = 3.0
        on = true
        name = "etl"
        list = [1, "a<b", true]
        table = { z = 1, a = "ä" }
        sql = { sql_folder = "sql" }
        text = { file = "fn/index.py" }
        values = { json_file = "values.json" }
        arn = { lambda = "load" }
        [lambda.load]
        path = "fn"
        """,
        "${seconds} ${rate} ${whole} ${ on } ${name} ${list} ${table} ${sql} ${values} ${arn}\n"
        "${text}",
    )
    rendered = project.render(project.read(path), **ACCOUNT).text
    # jsonencode: "escapes <, >, &, U+2028, and U+2029", objects in the order of their keys
    assert rendered == (
        '5 2.5 3 true etl [1,"a\\u003cb",true] {"a":"ä","z":1} '
        '["select 1 \\u003c 2\\n","select 2"] {"a":"\\u003c","b":1} '
        "arn:aws:lambda:us-east-1:123456789012:function:load\n"
        "def handler(event, context):\n    return event\n"
    )


def test_numbers_are_encoded_without_an_exponent():
    assert jsonencode([1e21, 1.0, 0.1, 10**20]) == (
        "[1000000000000000000000,1,0.1,100000000000000000000]"
    )
    # as Terraform 1.11 printed it
    value = {"z": 1e21, "y": [1.0, 0.1, "\u2028<>&ä\u007f\u0001\b\f\t"], "a": None, "A": 1, "B": 1}
    assert jsonencode(value) == (
        '{"A":1,"B":1,"a":null,"y":[1,0.1,"\\u2028\\u003c\\u003e\\u0026ä\x7f\\u0001\\b\\f\\t"],'
        '"z":1000000000000000000000}'
    )


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("$${x}", "${x}"),
        ("%%{ if }", "%{ if }"),
        ("$.a $$.b $", "$.a $$.b $"),
        ("{% {x} %}", "{% {x} %}"),
        ("${x}${x}", "vv"),
        ("$$${x}", "$${x}"),
    ],
)
def test_what_is_no_placeholder_stays(template, expected):
    assert render_text(template, {"x": "v"}, source="t").text == expected


@pytest.mark.parametrize(
    ("template", "place", "message"),
    [
        ('{\n  "a": "${nmae}"\n}', "t:2:9", "did you mean 'name'?"),
        ('{"a": "%{ if true }"}', "t:1:8", "no template directive"),
        ('{%{ "a" }', "t:1:2", "'{% {'"),
        ("${upper(name)}", "t:1:1", "a plain name"),
        ("ab ${name", "t:1:4", "a plain name"),
    ],
)
def test_a_bad_placeholder_is_named_with_line_and_column(template, place, message):
    with pytest.raises(ProjectError) as caught:
        render_text(template, {"name": "v"}, source="t")
    assert str(caught.value).startswith(f"{place}: ")
    assert message in str(caught.value)


def test_places_in_the_rendered_text_are_found_in_the_template():
    template = '{"a": ${one},\n "b": ${two}, "c": 1}'
    rendered = render_text(template, {"one": "[1,\n2,\n3]", "two": '"long text"'}, source="t")
    assert rendered.text == '{"a": [1,\n2,\n3],\n "b": "long text", "c": 1}'
    # "b" stands on the fourth line of the text, on the second of the template
    assert rendered.position(4, 2) == (2, 2)
    # inside a value: where its placeholder begins
    assert rendered.position(2, 1) == (1, 7)
    assert rendered.position(4, rendered.text.splitlines()[3].index('"c"') + 1) == (2, 15)


def test_the_same_definition_renders_to_the_same_json_twice(write):
    path = write(DEFINITION)
    once, twice = (project.render(project.read(path), **ACCOUNT).text for _ in range(2))
    assert once == twice
    assert json.loads(once)["StartAt"] == "A"


def test_a_handler_in_another_language_is_told(write):
    path = write(DEFINITION + '[lambda.f]\npath = "js"\n')
    (path.parent / "js").mkdir()
    (path.parent / "js" / "index.mjs").write_text("export const handler = async () => 1;\n")
    error = complaint(path)
    assert "expected the handler's file" in str(error)
    assert "index.mjs is there, but only Python runs here" in str(error)
