from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from python_terraform import IsFlagged, Terraform

# one worker runs `terraform test` for all that read it
pytestmark = [pytest.mark.terraform, pytest.mark.xdist_group("plans")]

ROOT = Path(__file__).resolve().parents[2]
STACK = ROOT / "terraform"
EXAMPLES = sorted(path.name for path in (STACK / "examples").iterdir())
VARIABLES = dict(
    re.findall(
        r'^variable "(\w+)" \{\n(.*?)^\}',
        (STACK / "variables.tf").read_text(),
        re.MULTILINE | re.DOTALL,
    )
)
# bool takes two values and refuses others by its type; a folder is wrong when nothing is in it
NOT_VALIDATED = {"packages_folder"}


def test_files_are_formatted(stack: Terraform):
    code, out, _ = stack.fmt(check=IsFlagged, recursive=IsFlagged)
    assert code == 0, out


def test_the_stack_is_valid_without_a_warning(stack: Terraform):
    _, out, _ = stack.cmd("validate", json=IsFlagged)
    answer = json.loads(out)
    assert (answer["valid"], answer["diagnostics"]) == (True, [])


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_valid_without_a_warning(
    open_stack: Callable[[Path], Terraform], tmp_path: Path, example: str
):
    # beside the stack that it names, and yet outside of the repository: init writes a lock file
    (tmp_path / "terraform" / "examples").mkdir(parents=True)
    for file in STACK.glob("*.tf"):
        (tmp_path / "terraform" / file.name).symlink_to(file)
    for name in ("statemachine", "notebooks", ".simulator"):
        if (ROOT / name).exists():
            (tmp_path / name).symlink_to(ROOT / name)
    folder = tmp_path / "terraform" / "examples" / example
    folder.mkdir()
    for file in (STACK / "examples" / example).glob("*.tf"):
        (folder / file.name).write_text(file.read_text())
    _, out, _ = open_stack(folder).cmd("validate", json=IsFlagged)
    answer = json.loads(out)
    assert (answer["valid"], answer["diagnostics"]) == (True, [])


def test_every_test_of_terraforms_own_passes(tested: list[dict[str, Any]]):
    summaries = [one["test_summary"] for one in tested if one["type"] == "test_summary"]
    runs = [
        run
        for file in (STACK / "tests").glob("*.tftest.hcl")
        for run in re.findall(r'^run "', file.read_text(), re.MULTILINE)
    ]
    assert {summary["status"] for summary in summaries} == {"pass"}
    assert sum(summary["passed"] for summary in summaries) == len(runs) > 10


def test_the_definition_is_what_the_simulator_renders_byte_for_byte(plan: dict[str, Any]):
    rendered = subprocess.run(
        [sys.executable, "-m", "simulator", "render"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    assert plan["output_changes"]["definition"]["after"].encode() == rendered


def test_functions_are_what_the_simulator_packs(planned: Callable[[str], dict[str, Any]]):
    from simulator import packages, project

    settings = project.read(project.find(ROOT))
    for key in ("data_api", "operations", "clean_up", "set_up"):
        function = planned(f'aws_lambda_function.this["{key}"]')
        simulated = settings.lambdas[function["function_name"]]
        assert function["source_code_hash"] == packages.build(simulated.path).sha256
        assert function["handler"] == simulated.handler
        assert function["timeout"] == simulated.timeout_seconds
        environment = function["environment"]
        assert (environment[0]["variables"] if environment else {}) == simulated.environment


def test_the_rule_is_the_simulated_one(planned: Callable[[str], dict[str, Any]]):
    from simulator import project

    (rule,) = project.read(project.find(ROOT)).rules
    planned_rule = planned('aws_cloudwatch_event_rule.execution["execution-ended"]')
    assert planned_rule["name"] == rule.name
    assert json.loads(planned_rule["event_pattern"]) == rule.pattern


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_is_described_typed_and_validated(name: str):
    block = VARIABLES[name]
    assert re.search(r'^  description = "[^"].{20,}"$', block, re.MULTILINE), "description"
    (type_name,) = re.findall(r"^  type\s+= (\w+)", block, re.MULTILINE)
    if type_name != "bool" and name not in NOT_VALIDATED:
        assert "validation {" in block
        assert f'error_message = "{name}' in block, "an error begins with the variable's name"
    assert re.search(r"^  default\s+=", block, re.MULTILINE), "an empty tfvars file deploys"


def test_every_validation_is_seen_to_refuse():
    text = "\n".join(file.read_text() for file in (STACK / "tests").glob("*.tftest.hcl"))
    lists = re.findall(r"expect_failures = \[(.*?)\]", text, re.DOTALL)
    refused = [name for one in lists for name in re.findall(r"\bvar\.(\w+)", one)]
    for name, block in VARIABLES.items():
        assert refused.count(name) >= block.count("validation {"), name


def test_there_is_no_provider_but_aws():
    text = "\n".join(file.read_text() for file in STACK.rglob("*.tf"))
    assert set(re.findall(r'source\s+= "([^"]*/[^"]*)"', text)) - {"../.."} == {"hashicorp/aws"}
    # a provider's name is what a resource's type begins with
    assert {
        kind.split("_")[0] for kind in re.findall(r'^(?:resource|data) "(\w+)"', text, re.MULTILINE)
    } == {
        "aws",
        # built in
        "terraform",
    }
    lock = (STACK / ".terraform.lock.hcl").read_text()
    assert re.findall(r'^provider "([^"]+)"', lock, re.MULTILINE) == [
        "registry.terraform.io/hashicorp/aws"
    ]
    assert '"h1:' in lock
