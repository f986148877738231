from __future__ import annotations

from pathlib import Path

from simulator.deployment.copies import copy_stack
from simulator.deployment.targets import Target


def _copied(folder: Path) -> Path:
    state = folder / ".simulator" / "local"
    copy_stack(Target("local", folder, folder / "terraform", state, "http://127.0.0.1:1"))
    return state / "stack"


def test_a_copy_has_a_state_and_a_provider_of_its_own(folder: Path):
    stack = folder / "terraform"
    (stack / "main.tf").write_text('locals {\n  repository = "${path.module}/.."\n}\n')
    (stack / "backend.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
    copy = _copied(folder)
    override = (copy / "target_override.tf").read_text()
    assert f'path = "{folder}/.simulator/local/terraform.tfstate"' in override
    assert "s3_use_path_style = true" in override
    # what the stack takes from around its folder is still there
    assert f'repository = "{folder}"' in override
    assert (copy / "backend.tf").read_text() == (stack / "backend.tf").read_text()


def test_a_stack_without_such_a_local_gets_none(folder: Path):
    assert "locals" not in (_copied(folder) / "target_override.tf").read_text()


def test_values_for_a_rehearsal_come_last_and_the_user_s_come_along(folder: Path):
    stack = folder / "terraform"
    (stack / "local.tfvars").write_text("recovery = 0\n")
    (stack / "terraform.tfvars").write_text("nodes = 2\n")
    copy = _copied(folder)
    assert (copy / "zz-local.auto.tfvars").read_text() == "recovery = 0\n"
    assert (copy / "terraform.tfvars").read_text() == "nodes = 2\n"
    assert not (copy / "local.tfvars").exists()


def test_what_the_stack_no_longer_has_leaves_the_copy(folder: Path):
    old = folder / "terraform" / "old.tf"
    old.write_text("")
    assert (_copied(folder) / "old.tf").exists()
    old.unlink()
    assert not (_copied(folder) / "old.tf").exists()


def test_a_path_is_no_template(tmp_path: Path):
    folder = tmp_path / "a${b}%{c}"
    (folder / "terraform").mkdir(parents=True)
    text = (_copied(folder) / "target_override.tf").read_text()
    assert "/a$${b}%%{c}/.simulator" in text
