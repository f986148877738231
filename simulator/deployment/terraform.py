"""Terraform as a process: found, checked, run, and what its errors mean said once more.

Its output goes straight to the terminal. Ctrl-C reaches it by itself, since it is in the same
process group: it ends what it began, writes its state, and is waited for.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulator.deployment.errors import DeploymentError, TerraformFailed
from simulator.deployment.remedies import remedy
from simulator.deployment.targets import Target

INSTALL = "https://developer.hashicorp.com/terraform/install"
NOTHING_TO_CHANGE, CHANGES = 0, 2
_REQUIRED = re.compile(r'^\s*required_version\s*=\s*"([^"]+)"', re.MULTILINE)
_PESSIMISTIC = re.compile(r"~>\s*(\d+)\.(\d+)")


class Terraform:
    """Terraform in a target's working folder."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._environment = target.environment()
        self._program = _program()
        self._check_version()
        self._planned: dict[str, Any] | None = None

    def init(self) -> None:
        """Fetch the provider and read the backend; says nothing unless it fails."""
        arguments = ["init", "-input=false", "-no-color"]
        plugins = os.environ.get("TF_PLUGIN_DIR")
        if plugins:
            arguments.append(f"-plugin-dir={plugins}")
        code, out, err = self._captured(arguments)
        if code:
            sys.stderr.write(out + err)
            raise self._failed("init", err)

    def plan(self, options: Sequence[str] = (), *, destroy: bool = False) -> bool:
        """Show a plan and keep it in the target's plan file; whether it changes anything."""
        self._target.plan_file.parent.mkdir(parents=True, exist_ok=True)
        arguments = ["plan", "-input=false", "-detailed-exitcode", f"-out={self._target.plan_file}"]
        if destroy:
            arguments.append("-destroy")
        self._planned = None
        code = self._shown([*arguments, *options], allowed=(NOTHING_TO_CHANGE, CHANGES))
        return code == CHANGES

    def apply(self) -> None:
        """Apply the plan that was kept."""
        self._shown(["apply", "-input=false", str(self._target.plan_file)])

    def planned(self) -> dict[str, Any]:
        """The kept plan as Terraform's JSON: its `planned_values`, `variables`, and so on."""
        if self._planned is None:
            self._planned = self._json(["show", "-json", str(self._target.plan_file)])
        return self._planned

    def summary(self) -> str:
        """What the kept plan does, in a line: Terraform says it before pages of outputs."""
        counts = Counter(
            action
            for one in self.planned().get("resource_changes", ())
            for action in one["change"]["actions"]
        )
        said = (("create", "add"), ("update", "change"), ("delete", "destroy"))
        return ", ".join(f"{counts[action]} to {word}" for action, word in said)

    def outputs(self) -> dict[str, Any]:
        """Each output's value; none where nothing is deployed."""
        return {name: one["value"] for name, one in self._json(["output", "-json"]).items()}

    def recorded(self, address: str) -> Any:
        """What the stack keeps in its state by a `terraform_data` of that address."""
        state = self._json(["show", "-json"])
        resources = state.get("values", {}).get("root_module", {}).get("resources", ())
        found: Iterator[dict[str, Any]] = (one for one in resources if one["address"] == address)
        return next(found, {}).get("values", {}).get("input")

    def addresses(self) -> list[str]:
        """Every resource in the state, data sources apart."""
        code, out, err = self._captured(["state", "list"])
        if code:
            if "No state file was found" in err:
                return []
            sys.stderr.write(err)
            raise self._failed("state", err)
        return [line for line in out.splitlines() if not re.match(r"(.*\.)?data\.", line)]

    def _json(self, arguments: Sequence[str]) -> dict[str, Any]:
        code, out, err = self._captured(arguments)
        if code:
            sys.stderr.write(err)
            raise self._failed(arguments[0], err)
        found: dict[str, Any] = json.loads(out)
        return found

    def _shown(self, arguments: Sequence[str], allowed: Sequence[int] = (0,)) -> int:
        """Run with its output on the terminal; errors are kept as well, to be understood."""
        sys.stdout.flush()
        if not sys.stdout.isatty():
            arguments = [*arguments[:1], "-no-color", *arguments[1:]]
        complaints: list[str] = []
        with (
            _noting_interrupts() as interrupted,
            subprocess.Popen(  # noqa: S603 - Terraform, with arguments of ours
                self._command(arguments),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
            ) as process,
        ):
            _echo(process, complaints)
        if interrupted:
            raise TerraformFailed(
                f"interrupted: what was done is in Terraform's state; the same command goes on "
                f"from there:\n  {self._again(arguments[0])}"
            )
        if process.returncode not in allowed:
            raise self._failed(arguments[0], "".join(complaints))
        return process.returncode

    def _captured(self, arguments: Sequence[str]) -> tuple[int, str, str]:
        done = subprocess.run(  # noqa: S603 - as above
            self._command(arguments),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def _command(self, arguments: Sequence[str]) -> list[str]:
        folder = self._target.working_folder
        # before a copy was made there is none to go to
        where = [f"-chdir={folder}"] if folder.is_dir() else []
        return [self._program, *where, *arguments]

    def _failed(self, command: str, said: str) -> TerraformFailed:
        lines = [f"terraform {command} failed"]
        text = remedy(said)
        if text is not None:
            folder = _shown_path(self._target.working_folder)
            deploy = f"python -m simulator deploy{self._target.option}"
            lines.append(f"  hint: {text.format(folder=folder, deploy=deploy)}")
        if command == "apply":
            lines.append(
                f"  what was done before is in Terraform's state; the same command goes on from "
                f"there: {self._again(command)}"
            )
        return TerraformFailed("\n".join(lines))

    def _again(self, command: str) -> str:
        name = "destroy" if command == "destroy" else "deploy"
        return f"python -m simulator {name}{self._target.option}"

    def _check_version(self) -> None:
        """What the stack requires is said by itself, but in a message of a page."""
        required = required_version(self._target.stack)
        if required is None:
            return
        found = str(self._json(["version", "-json"])["terraform_version"])
        if not satisfies(found, required):
            raise DeploymentError("terraform", f"expected version {required}, got {found}", INSTALL)


def _program() -> str:
    found = shutil.which("terraform")
    if found is None:
        raise DeploymentError("terraform", "expected it on the PATH, got none", INSTALL)
    return found


def _echo(process: subprocess.Popen[str], complaints: list[str]) -> None:
    """Pass its errors on until it ends."""
    assert process.stderr is not None
    for line in process.stderr:
        complaints.append(line)
        sys.stderr.write(line)
        sys.stderr.flush()
    process.wait()


@contextmanager
def _noting_interrupts() -> Iterator[list[int]]:
    """Ctrl-C is noted instead of raised: Terraform gets it too, and ends what it began."""
    noted: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: noted.append(number))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def required_version(stack: Path) -> str | None:
    """The `required_version` of a stack's Terraform block."""
    for file in sorted(stack.glob("*.tf")):
        found = _REQUIRED.search(file.read_text("utf-8"))
        if found:
            return found[1]
    return None


def satisfies(version: str, constraint: str) -> bool:
    """Whether a version is one that `~> MAJOR.MINOR` allows; other constraints are Terraform's."""
    wanted = _PESSIMISTIC.fullmatch(constraint.strip())
    if wanted is None:
        return True
    numbers = [int(part) for part in re.findall(r"\d+", version)[:2]]
    return numbers[0] == int(wanted[1]) and numbers[1] >= int(wanted[2])


def _shown_path(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def variable_options(variables: Sequence[str], files: Sequence[str]) -> list[str]:
    """`-var` and `-var-file` as Terraform takes them; files relative to where we are."""
    options = [f"-var-file={Path(file).resolve()}" for file in files]
    return [*options, *(f"-var={setting}" for setting in variables)]


def without(addresses: Sequence[str], kept: Sequence[str]) -> list[str]:
    """`-target` options for every resource but those that are kept, whatever their index."""
    keep = set(kept)
    roots = {re.sub(r"\[.*?\]$", "", one) for one in addresses} - keep
    return [f"-target={one}" for one in sorted(roots)]
