"""What the deployment commands share: the target that is meant, and the stack that is there."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from simulator import packages, project
from simulator.commands import terminal
from simulator.deployment import copies, ports, stack, targets
from simulator.deployment.errors import DeploymentError
from simulator.deployment.terraform import Terraform
from simulator.project import Project


def target_of(options: Namespace) -> tuple[Project, targets.Target]:
    """The project, and the target that the options name; a local one on the port it was put on."""
    settings = project.read(project.find(options.project))
    port = getattr(options, "port", None)
    if options.target == "local" and port is None:
        served = ports.noted(settings.state_folder / "local")
        port = served.port if served else None
    target = targets.target(options.target, settings, stack=options.stack, port=port)
    return settings, target


def ready(target: targets.Target, options: Namespace) -> None:
    """See that the target answers before Terraform asks it; start the local port."""
    if target.is_aws:
        targets.check_credentials()
    elif target.name == "localstack":
        targets.check_localstack(target)
    else:
        assert target.endpoint is not None
        port = ports.port_of(target.endpoint)
        ports.ensure(target, port, speed=options.speed, say=terminal.say)


def terraform_for(settings: Project, target: targets.Target, options: Namespace) -> Terraform:
    """Terraform with everything that a plan needs: the target, packages, a current copy, the
    provider."""
    # where there is no Terraform no port is started
    terraform = Terraform(target)
    ready(target, options)
    for folder in sorted({function.path for function in settings.lambdas.values()}):
        content = packages.build(folder)
        packages.write(content, settings.state_folder / "packages" / f"{folder.name}.zip")
    if not target.is_aws:
        copies.copy_stack(target)
    terraform.init()
    return terraform


def outputs_of(target: targets.Target) -> dict[str, Any]:
    """Terraform's outputs; none where nothing was ever deployed."""
    if not target.is_aws and not target.state_file.is_file():
        return {}
    terraform = Terraform(target)
    data = target.stack / ".terraform" if target.is_aws else target.state_folder / "data"
    if not data.is_dir():
        # somebody else deployed it, or its folder was cleaned
        if not target.is_aws:
            copies.copy_stack(target)
        terraform.init()
    return terraform.outputs()


def stack_on(options: Namespace) -> tuple[Project, targets.Target, stack.Stack]:
    """The deployed stack. Raises `DeploymentError` where there is none, or nobody answers."""
    settings, target = target_of(options)
    deploy = f"python -m simulator deploy{target.option}"
    if target.is_aws:
        targets.check_credentials()
    elif target.name == "local":
        assert target.endpoint is not None
        if not ports.is_ready(ports.port_of(target.endpoint)):
            raise DeploymentError(target.endpoint, "expected the local port, got no answer", deploy)
    else:
        targets.check_localstack(target)
    return settings, target, stack.read(outputs_of(target), deploy=deploy)
