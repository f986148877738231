"""What a pipeline is made of: `simulator.toml` as frozen settings, and the rendered definition.

A package, since three subjects meet here: reading TOML with errors that name the line
(`sections`), what may stand in it (`settings`, `reader`), and Terraform's templates (`template`).
Nothing of the user's is imported here: `file:object` references are only read.
"""

from simulator.project.figures import figures
from simulator.project.overlay import overlaid
from simulator.project.reader import FILE_NAME, find, read
from simulator.project.sections import ProjectError
from simulator.project.settings import (
    DefinitionSettings,
    LakeSettings,
    LambdaSettings,
    Project,
    QuerySettings,
    QueueSettings,
    Reference,
    RuleSettings,
    RunSettings,
    UserSettings,
    WarehouseSettings,
)
from simulator.project.template import (
    Rendered,
    jsonencode,
    lambda_arn,
    render,
    render_definition,
    render_text,
)

__all__ = [
    "FILE_NAME",
    "DefinitionSettings",
    "LakeSettings",
    "LambdaSettings",
    "Project",
    "ProjectError",
    "QuerySettings",
    "QueueSettings",
    "Reference",
    "Rendered",
    "RuleSettings",
    "RunSettings",
    "UserSettings",
    "WarehouseSettings",
    "figures",
    "find",
    "jsonencode",
    "lambda_arn",
    "overlaid",
    "read",
    "render",
    "render_definition",
    "render_text",
]
