"""What the language can refuse, at creation (diagnostics) and at run time (States.* errors)."""

from __future__ import annotations

from dataclasses import dataclass


class ASLError(Exception):
    """Whatever the `asl` room raises."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding in a definition, in the words of ValidateStateMachineDefinition.

    `code` is AWS's (`SCHEMA_VALIDATION_FAILED`, `MISSING_TRANSITION_TARGET`, ...), or
    `NOT_MODELLED` for what AWS takes and the simulator does not, or `UNKNOWN_FUNCTION` for a Lambda
    function that is not there. `location` is AWS's, such as
    `/States/Load/Choices[0]/Next`, and "" where AWS gives none; `line` and `column` count from 1
    and point at the member that is at fault, 0 where unknown.
    """

    code: str
    message: str
    location: str
    line: int = 0
    column: int = 0
    severity: str = "ERROR"

    @property
    def sentence(self) -> str:
        """As CreateStateMachine says it inside its InvalidDefinition error."""
        return f"{self.code}: {self.message} at {self.location or 'null'}"


class DefinitionError(ASLError):
    """A definition that cannot run. Carries every diagnostic found, not only the first."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], source: str = "definition") -> None:
        self.diagnostics = diagnostics
        self.source = source
        super().__init__(
            "\n".join(f"{source}:{d.line}:{d.column}: {d.code} {d.message}" for d in diagnostics)
        )


class StatesError(ASLError):
    """A state's error at run time, by the AWS name that Retry and Catch match."""

    def __init__(self, error: str, cause: str) -> None:
        self.error = error
        self.cause = cause
        super().__init__(f"{error}: {cause}")


class QueryEvaluationError(StatesError):
    """A JSONata expression that failed, or gave what the field cannot take. `location` is the
    field's place in its state, such as "Arguments/FunctionName"; "" where it is no field's.
    `after_entry` says that the field was evaluated, and what it gave was refused afterwards."""

    def __init__(self, cause: str, location: str = "", *, after_entry: bool = False) -> None:
        self.location = location
        self.after_entry = after_entry
        super().__init__("States.QueryEvaluationError", cause)
