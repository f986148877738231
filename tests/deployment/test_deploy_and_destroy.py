"""What is asked, what is kept, and what is left to Terraform."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]
KEPT = {"lake_bucket": "my-lake", "final_snapshot": "c-final", "resources": ["aws_kms_key.k"]}


@pytest.fixture
def local(folder: Path, terraform: Any, port: int) -> tuple[str, ...]:
    """The options of a target whose port is up; there is a plan to apply."""
    terraform.answers("plan", code=2)
    actions = (["create"], ["no-op"], ["delete", "create"], ["update"], ["read"])
    changes = [{"change": {"actions": one}} for one in actions]
    terraform.answers("show", out=json.dumps({"resource_changes": changes}))
    return "--target", "local", "--port", str(port)


class Somebody(io.StringIO):
    """Who sits at the terminal."""

    def isatty(self) -> bool:
        return True


def _did(terraform: Any) -> list[str]:
    return [call[0] for call in terraform.calls if call[0] not in ("version", "init")]


def test_a_plan_is_applied_when_somebody_says_yes(
    local: Any, terraform: Any, simulator: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "stdin", Somebody("yes\n"))
    code, _, err = simulator("deploy", *local)
    assert (code, _did(terraform)) == (0, ["plan", "show", "apply"]), err
    # Terraform says it too, before pages of outputs
    question = "apply this plan to local: 2 to add, 1 to change, 1 to destroy? only 'yes' means it"
    assert question in err
    assert "make execute TARGET=local" in err


@pytest.mark.parametrize("said", ["y\n", "no\n", ""])
def test_nothing_else_means_yes(
    local: Any, terraform: Any, simulator: Run, monkeypatch: pytest.MonkeyPatch, said: str
):
    monkeypatch.setattr(sys, "stdin", Somebody(said))
    code, _, err = simulator("deploy", *local)
    assert (code, _did(terraform)) == (1, ["plan", "show"])
    assert "nothing was done" in err


def test_where_nobody_can_answer_it_says_how_to_agree_beforehand(
    local: Any, terraform: Any, simulator: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    code, _, err = simulator("deploy", *local)
    assert (code, _did(terraform)) == (1, ["plan", "show"])
    assert "-auto-approve says it beforehand" in err


def test_what_is_as_it_should_be_is_not_applied(local: Any, terraform: Any, simulator: Run):
    terraform.answers("plan", code=0)
    code, _, err = simulator("deploy", *local, "-auto-approve")
    assert (code, _did(terraform)) == (0, ["plan"])
    assert "nothing to change" in err


def test_functions_are_packed_before_terraform_plans(
    local: Any, folder: Path, terraform: Any, simulator: Run
):
    (folder / "f").mkdir()
    (folder / "f" / "index.py").write_text("def handler(event, context):\n    return 1\n")
    with (folder / "simulator.toml").open("a") as toml:
        toml.write('\n[lambda.F]\npath = "f"\n')
    assert simulator("deploy", *local, "-auto-approve")[0] == 0
    assert (folder / ".simulator" / "packages" / "f.zip").is_file()


def test_what_is_kept_is_said_and_spared(local: Any, terraform: Any, simulator: Run):
    terraform.answers("state", out="data.aws_region.r\naws_kms_key.k\naws_sqs_queue.q[0]\n")
    terraform.has_outputs(kept_on_destroy=KEPT)
    code, _, err = simulator("destroy", *local, "-auto-approve")
    assert (code, _did(terraform)) == (0, ["state", "output", "plan", "apply"]), err
    assert "kept: the cluster's final snapshot c-final" in err
    assert "kept: the lake, s3://my-lake, with its settings and key" in err
    planned = next(call for call in terraform.calls if call[0] == "plan")
    assert "-destroy" in planned
    assert [word for word in planned if word.startswith("-target")] == ["-target=aws_sqs_queue.q"]


def test_when_only_that_is_left_there_is_nothing_to_destroy(
    local: Any, terraform: Any, simulator: Run
):
    terraform.answers("state", out="aws_kms_key.k\n")
    terraform.has_outputs(kept_on_destroy=KEPT)
    code, _, err = simulator("destroy", *local)
    assert (code, _did(terraform)) == (0, ["state", "output"])
    assert "nothing else to destroy" in err
    # and once more: the port that it is on is still known
    code, _, err = simulator("destroy", *local[:2])
    assert (code, "nothing else to destroy" in err) == (0, True)


def test_what_an_earlier_destroy_kept_is_kept_by_the_next(
    local: Any, terraform: Any, simulator: Run
):
    # Terraform drops the outputs with the rest, whatever stays; a note stays in the state
    note = "terraform_data.kept_on_destroy"
    kept = {**KEPT, "resources": [note, "aws_kms_key.k"]}
    terraform.answers("state", out=f"aws_kms_key.k\n{note}\n")
    terraform.has_outputs()
    resources = [{"address": note, "values": {"input": kept}}]
    terraform.answers("show", out=json.dumps({"values": {"root_module": {"resources": resources}}}))
    code, _, err = simulator("destroy", *local, "-auto-approve")
    assert (code, _did(terraform)) == (0, ["state", "show"])
    assert "kept: the lake, s3://my-lake" in err
    assert "nothing else to destroy" in err


def test_a_stack_that_keeps_nothing_is_destroyed_whole(local: Any, terraform: Any, simulator: Run):
    terraform.answers("state", out="aws_kms_key.k\n")
    terraform.has_outputs(kept_on_destroy={"lake_bucket": None, "resources": []})
    code, _, err = simulator("destroy", *local, "-auto-approve")
    assert code == 0
    assert "kept: nothing" in err
    planned = next(call for call in terraform.calls if call[0] == "plan")
    assert not any(word.startswith("-target") for word in planned)


def test_destroying_asks(
    local: Any, terraform: Any, simulator: Run, monkeypatch: pytest.MonkeyPatch
):
    terraform.answers("state", out="aws_kms_key.k\n")
    terraform.has_outputs(kept_on_destroy={})
    monkeypatch.setattr(sys, "stdin", Somebody("no\n"))
    code, _, err = simulator("destroy", *local)
    assert (code, _did(terraform)) == (1, ["state", "output", "plan", "show"])
    assert "destroy all else on local: 2 to add, 1 to change, 1 to destroy?" in err


def test_where_nothing_is_deployed_nothing_is_destroyed(local: Any, terraform: Any, simulator: Run):
    terraform.answers("state", code=1, err="No state file was found!\n")
    code, _, err = simulator("destroy", *local)
    assert (code, _did(terraform)) == (0, ["state"])
    assert "nothing is deployed" in err


def test_a_port_that_ended_took_everything_with_it(folder: Path, terraform: Any, simulator: Run):
    state = folder / ".simulator" / "local"
    state.mkdir(parents=True)
    (state / "terraform.tfstate").write_text("{}")
    # nothing listens on a port of that number: it is reserved
    (state / "port.json").write_text(json.dumps({"port": 1, "pid": None}))
    code, _, err = simulator("destroy", "--target", "local")
    assert (code, terraform.calls) == (0, [])
    assert "the local port has ended, and everything on it with it" in err
    assert sorted(path.name for path in state.iterdir()) == []


def test_a_project_without_a_stack_is_told_where_one_is_sought(folder: Path, simulator: Run):
    (folder / "terraform" / "versions.tf").unlink()
    code, _, err = simulator("plan", "--target", "local")
    assert code == 2
    assert err == (
        f"{folder}/terraform: expected Terraform files, got none\n"
        "  hint: --stack DIR names their folder\n"
    )
