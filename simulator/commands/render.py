"""`render`: the definition as it would be deployed."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from typing import Any

from simulator import project
from simulator.project import Project

# what an account's number is where no account is: AWS's own example
ACCOUNT_ID, REGION = "123456789012", "us-east-1"


def definition(settings: Project) -> dict[str, Any]:
    """The rendered definition as data, once it is known to be valid."""
    rendered = project.render(settings, account_id=ACCOUNT_ID, region=REGION)
    machine: dict[str, Any] = json.loads(rendered.text)
    return machine


def run(options: Namespace) -> int:
    """Print the rendered definition, byte for byte."""
    settings = project.read(project.find(options.project))
    rendered = project.render(settings, account_id=ACCOUNT_ID, region=REGION)
    sys.stdout.write(rendered.text)
    return 0
