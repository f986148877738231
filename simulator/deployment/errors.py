"""What this room refuses."""

from __future__ import annotations


class DeploymentError(Exception):
    """`where: what was expected, got ...`, and a way on; the command ends with exit code 2."""

    def __init__(self, where: str, message: str, hint: str | None = None) -> None:
        super().__init__(f"{where}: {message}" + (f"\n  hint: {hint}" if hint else ""))


class TerraformFailed(Exception):
    """Terraform has said on stderr what went wrong; this says what to do about it."""
