"""A copy of the stack's folder for a local target, with a state, a provider and values of its own.

Terraform's override files replace what the stack says of its backend, wherever a team keeps its
state: https://developer.hashicorp.com/terraform/language/files/override
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from simulator.deployment.targets import Target

# values for a target without data worth keeping: a file of the stack's
LOCAL_VALUES = "local.tfvars"
_KINDS = ("*.tf", "*.tf.json", "*.tfvars", "*.tfvars.json", ".terraform.lock.hcl")
# where the stack takes the repository's files from, if it names that so
_REPOSITORY = re.compile(r"^  repository +=", re.MULTILINE)


def copy_stack(target: Target) -> None:
    """Make the working folder what the stack's folder is now."""
    folder = target.working_folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for kind in _KINDS:
        for file in sorted(target.stack.glob(kind)):
            if file.name != LOCAL_VALUES:
                shutil.copyfile(file, folder / file.name)
    values = target.stack / LOCAL_VALUES
    if values.is_file():
        # the last by name wins
        shutil.copyfile(values, folder / "zz-local.auto.tfvars")
    (folder / "target_override.tf").write_text(_override(target), encoding="utf-8")


def _override(target: Target) -> str:
    blocks = [
        f'terraform {{\n  backend "local" {{\n    path = {_text(target.state_file)}\n  }}\n}}\n',
        # a bucket's name can't stand before an address; what is refused stays refused
        'provider "aws" {\n  s3_use_path_style = true\n  max_retries       = 3\n}\n',
    ]
    if any(_REPOSITORY.search(file.read_text("utf-8")) for file in target.stack.glob("*.tf")):
        blocks.append(f"locals {{\n  repository = {_text(target.project)}\n}}\n")
    return "\n".join(blocks)


def _text(path: Path) -> str:
    """A path as HCL text, in which `${` and `%{` begin templates."""
    return json.dumps(str(path)).replace("${", "$${").replace("%{", "%%{")
