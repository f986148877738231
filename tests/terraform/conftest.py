"""Terraform by way of python-terraform: without network, its data outside of the repository."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from python_terraform import IsFlagged, Terraform

ROOT = Path(__file__).resolve().parents[2]
STACK = ROOT / "terraform"


@pytest.fixture(scope="session")
def plugin_dir() -> str:
    """Where the provider lies unpacked; skips without it, and fails where it is required."""
    missing = ""
    folder = os.environ.get("TF_PLUGIN_DIR", "")
    if shutil.which("terraform") is None:
        missing = "no terraform on the path: https://developer.hashicorp.com/terraform/install"
    elif not (Path(folder) / "registry.terraform.io/hashicorp/aws").is_dir() or not folder:
        missing = (
            "TF_PLUGIN_DIR: expected a folder with registry.terraform.io/hashicorp/aws, got "
            f"{folder!r}; `terraform -chdir=terraform providers mirror DIR` fills one"
        )
    if missing:
        (pytest.fail if os.environ.get("REQUIRE_TERRAFORM") else pytest.skip)(missing)
    return folder


@pytest.fixture(scope="session")
def packages_folder(plugin_dir: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The functions' zips."""
    folder = tmp_path_factory.mktemp("packages")
    command = [sys.executable, "-m", "simulator", "package", "--out", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def open_stack(
    plugin_dir: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Path], Terraform]]:
    """Initialises a folder of Terraform files; what that makes lies elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        # a user's settings could name mirrors of their own
        patch.delenv("TF_CLI_CONFIG_FILE", raising=False)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("CHECKPOINT_DISABLE", "1")
        patch.setenv("TF_IN_AUTOMATION", "1")

        def open_folder(folder: Path) -> Terraform:
            patch.setenv("TF_DATA_DIR", str(tmp_path_factory.mktemp("data")))
            terraform = Terraform(working_dir=str(folder))
            settings: dict[str, Any] = {"plugin_dir": plugin_dir, "backend": False}
            # the lock has Linux's hash: a provider that is another one is refused
            if folder == STACK and sys.platform == "linux":
                settings["lockfile"] = "readonly"
            code, out, err = terraform.init(**settings)
            assert code == 0, f"{out}\n{err}"
            return terraform

        yield open_folder


@pytest.fixture(scope="session")
def stack(open_stack: Callable[[Path], Terraform]) -> Terraform:
    """The stack itself."""
    return open_stack(STACK)


# whose plans and states are looked into: 14 MB for each run, the provider's schema among them
READ = ("definition", "policies")
_NOT_PASSED = ("fail", "error")


@pytest.fixture(scope="session")
def tested(stack: Terraform, packages_folder: Path) -> list[dict[str, Any]]:
    """What `terraform test` said: its JSON messages, plans and states of some runs among them."""
    files = sorted(file.name for file in (STACK / "tests").glob("*.tftest.hcl"))
    read = [name for name in files if name.partition(".")[0] in READ]
    assert len(read) == len(READ)
    told = []
    for names, options in ((read, {"verbose": IsFlagged}), (set(files) - set(read), {})):
        code, out, err = stack.cmd(
            "test",
            json=IsFlagged,
            var={"packages_folder": str(packages_folder)},
            filter=[f"tests/{name}" for name in sorted(names)],
            **options,
        )
        messages = [json.loads(line) for line in out.splitlines()]
        if code != 0:
            # no assertion: its rewriting would show values instead of what Terraform says
            pytest.fail("\n".join(["terraform test", *_complaints(messages), err]), pytrace=False)
        told += messages
    return told


def _complaints(messages: list[dict[str, Any]]) -> Iterator[str]:
    """What `terraform test` says of each run that failed, as it says it to people."""
    for one in messages:
        found = one.get("diagnostic")
        if found is not None and found["severity"] == "error":
            place = ""
            if "range" in found:
                place = f"{found['range']['filename']}:{found['range']['start']['line']}: "
            yield f"{place}{one.get('@testrun', '')}: {found['summary']}: {found['detail']}"
        elif one["@level"] == "error" or one.get("test_run", {}).get("status") in _NOT_PASSED:
            yield one["@message"]


@pytest.fixture(scope="session")
def plan(tested: list[dict[str, Any]]) -> dict[str, Any]:
    """The plan with simulator.toml's values."""
    (found,) = (
        one["test_plan"]
        for one in tested
        if one["type"] == "test_plan" and one["@testfile"] == "tests/definition.tftest.hcl"
    )
    return dict(found)


@pytest.fixture(scope="session")
def planned(plan: dict[str, Any]) -> Callable[[str], dict[str, Any]]:
    """A resource's planned attributes, by address."""
    by_address = {one["address"]: one["change"]["after"] for one in plan["resource_changes"]}
    return lambda address: dict(by_address[address])


class Local:
    """A copy of the project that is deployed to a port of its own, by the commands of `make`."""

    def __init__(self, folder: Path, plugin_dir: str) -> None:
        self.project = folder / "project"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.project.mkdir()
        shutil.copy(ROOT / "simulator.toml", self.project)
        for name in ("statemachine", "lambda"):
            shutil.copytree(ROOT / name, self.project / name)
        (self.project / "terraform").mkdir()
        for pattern in ("*.tf", "*.tfvars", ".terraform.lock.hcl"):
            for file in STACK.glob(pattern):
                shutil.copy(file, self.project / "terraform")
        self.sources = self.files()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        kept = {key: text for key, text in os.environ.items() if key != "TF_CLI_CONFIG_FILE"}
        self.environment = {
            **kept,
            "HOME": str(folder / "home"),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(ROOT),
            "TF_PLUGIN_DIR": plugin_dir,
            # a profile and an endpoint that must not be used
            "AWS_PROFILE": "somebody-s",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        }

    def files(self) -> set[str]:
        """All files of the project but those of its state folder."""
        found = (path.relative_to(self.project) for path in self.project.rglob("*"))
        return {path.as_posix() for path in found if path.parts[0] != ".simulator"}

    def start(self, *command: str) -> subprocess.Popen[str]:
        """A command in a process group of its own, as a shell starts it."""
        return subprocess.Popen(
            [sys.executable, "-m", "simulator", *command, "--target", "local"],
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )

    def run(self, *command: str, code: int = 0) -> str:
        """What a command says on both streams, once it has ended with `code`."""
        process = self.start(*command)
        out, err = process.communicate(timeout=300)
        assert process.returncode == code, f"{command}: {process.returncode}\n{out}\n{err}"
        return out + err

    def target(self) -> Any:
        """The target, as the commands see it."""
        from simulator import project
        from simulator.deployment import targets

        settings = project.read(self.project)
        return targets.target("local", settings, stack=None, port=self.port)

    def terraform(self, patch: pytest.MonkeyPatch) -> Terraform:
        """python-terraform where the commands run Terraform."""
        for key in [key for key in os.environ if key.startswith(("AWS_", "TF_"))]:
            patch.delenv(key)
        target = self.target()
        for key, text in target.environment().items():
            patch.setenv(key, text)
        return Terraform(working_dir=str(target.working_folder))

    def client(self, service: str) -> Any:
        """A client of the port."""
        return self.target().clients()(service)

    def log(self) -> str:
        """What the port wrote."""
        return (self.project / ".simulator" / "local" / "port.log").read_text()

    def close(self) -> None:
        """End the port, whatever happened."""
        from simulator.deployment import ports

        served = ports.noted(self.project / ".simulator" / "local")
        if served is not None:
            ports.stop(served)


@pytest.fixture(scope="module")
def local(plugin_dir: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A project to deploy; its port ends with the module's tests."""
    made = Local(tmp_path_factory.mktemp("local"), plugin_dir)
    yield made
    made.close()
