"""The settings of a project as frozen data. Paths are absolute; nothing here touches a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

JSON: TypeAlias = Any
SubstitutionKind: TypeAlias = Literal[
    "scalar", "json", "file", "json_file", "sql_folder", "lambda", "state_machine", "activity"
]
TargetKind: TypeAlias = Literal["lambda", "state_machine", "queue", "topic", "warehouse"]


# "The total number of query slots for all user-defined queues is 50" (Quotas and limits in Amazon
# Redshift)
CONCURRENCY = 50


@dataclass(frozen=True, slots=True)
class Reference:
    """An object in a user's file, written `path/to/file.py:name`. Loaded by `loader` alone."""

    file: Path
    name: str
    # where it is written, for messages: "simulator.toml:12: [lake.raw] fill"
    where: str

    def __str__(self) -> str:
        return f"{self.file.name}:{self.name}"


@dataclass(frozen=True, slots=True)
class Substitution:
    """A value for `${name}` in the definition. `value` depends on `kind`:

    scalar: text, a number or a boolean, as it is; json: a list or table, through `jsonencode`;
    file: a Path whose text is inserted as it stands; json_file: a Path whose JSON is re-encoded;
    sql_folder: the Paths of its *.sql files by name, inserted as a JSON list of their texts;
    lambda, state_machine: a function's or a state machine's name, inserted as its ARN.
    """

    kind: SubstitutionKind
    value: Any
    where: str


@dataclass(frozen=True, slots=True)
class DefinitionSettings:
    """`[definition]`, or `[state_machine.NAME]`: the template and what is put into it."""

    file: Path
    name: str
    substitutions: Mapping[str, Substitution] = field(default_factory=dict)
    # STANDARD or EXPRESS
    kind: str = "STANDARD"
    # whose credentials its calls carry; a role named after it where there is none
    role_arn: str | None = None
    # whether it is CloudFormation that puts values in: what it does not know stays as it is
    is_of_template: bool = False


@dataclass(frozen=True, slots=True)
class LambdaSettings:
    """`[lambda.NAME]`. Timeout and memory default to AWS's own 3 seconds and 128 MB."""

    name: str
    # the folder that is the function's package
    path: Path
    handler: str = "index.handler"
    timeout_seconds: int = 3
    memory_mb: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Path, ...] = ()
    role_arn: str | None = None
    # names of its one version
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """`[rule.NAME]`: events that match `pattern` call `target`, the name of a `kind`."""

    name: str
    pattern: Mapping[str, JSON]
    target: str
    kind: TargetKind = "lambda"
    where: str = ""
    # what the target is handed in place of the event: Input, InputPath or InputTransformer
    inputs: Mapping[str, JSON] = field(default_factory=dict)
    # of a warehouse, whose target is an ARN: RedshiftDataParameters, and RoleArn
    statement: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """`[queue.NAME]`: a queue of SQS whose messages call a function, `batch_size` at a time."""

    name: str
    function: str
    batch_size: int = 10
    visibility_seconds: int = 30
    # after so many receives in vain a message goes to the dead-letter queue
    max_receives: int | None = None
    dead_letter_queue: str | None = None


@dataclass(frozen=True, slots=True)
class KeySettings:
    """The key of a table of DynamoDB, or of an index. `types`: S, N or B by an attribute's name."""

    partition: str
    sort: str | None
    types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TableSettings:
    """`[table.NAME]`: a table of DynamoDB; `items` is a file with a JSON list of what is in it."""

    name: str
    key: KeySettings
    indexes: Mapping[str, KeySettings] = field(default_factory=dict)
    items: Path | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class ParameterSettings:
    """One of `[parameters]` of Systems Manager: its value; `kind` is AWS's word for its type."""

    name: str
    value: str
    kind: str = "String"


@dataclass(frozen=True, slots=True)
class LakeSettings:
    """`[lake.BUCKET]`: the local folder that stands for a bucket, and what fills it. A bucket that
    is empty at first needs neither: its folder is then one that is not there."""

    bucket: str
    folder: Path
    is_empty: bool = False
    fill: Reference | None = None
    options: Mapping[str, JSON] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True, slots=True)
class UserSettings:
    """A database user."""

    name: str
    superuser: bool = False
    password: str | None = None


@dataclass(frozen=True, slots=True)
class WarehouseSettings:
    """`[warehouse]`. `users` always holds a superuser: `awsuser` where none is declared. Of a
    workgroup of Redshift Serverless `cluster` is a name of ours, which no cluster can have."""

    cluster: str
    database: str = "dev"
    workgroup: str | None = None
    users: tuple[UserSettings, ...] = (UserSettings("awsuser", superuser=True),)
    first_status: str = "available"
    isolation: str = "SNAPSHOT"
    # how many statements run at once; more wait, as in a queue of WLM
    concurrency: int = CONCURRENCY
    # SQL files that make what exists before the first run
    setup: tuple[Path, ...] = ()

    @property
    def superuser(self) -> str:
        """The first superuser's name: who asks the queries after a run."""
        return next(user.name for user in self.users if user.superuser)


@dataclass(frozen=True, slots=True)
class MockOutcome:
    """What a mocked Task's call comes to after `seconds`: its result, or an error and cause."""

    output: JSON = None
    error: str | None = None
    cause: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class MockSettings:
    """`[mock.STATE]`: what the calls of a state come to, in turn; the last one repeats."""

    outcomes: tuple[MockOutcome, ...]
    where: str = ""


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """`[queries."TITLE"]`: shown as a table after a run. User and database: the warehouse's."""

    title: str
    sql: str
    user: str | None = None
    database: str | None = None


@dataclass(frozen=True, slots=True)
class RunSettings:
    """`[run]`: what options of the command line override."""

    seed: int = 0
    start_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """One `simulator.toml`. `timing` and `quotas` are plain: the engine's classes check them.

    `places` says where each of their keys is written: {("timing", "transition_ms"): "file:line:
    [timing] transition_ms"}.
    """

    file: Path
    definition: DefinitionSettings
    lambdas: Mapping[str, LambdaSettings] = field(default_factory=dict)
    rules: tuple[RuleSettings, ...] = ()
    # `[secret.NAME]`: what Secrets Manager would hold, by a secret's name
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tables: Mapping[str, TableSettings] = field(default_factory=dict)
    parameters: tuple[ParameterSettings, ...] = ()
    queues: tuple[QueueSettings, ...] = ()
    # those that the definition's own may start
    state_machines: Mapping[str, DefinitionSettings] = field(default_factory=dict)
    # `[mock.STATE]`
    mocks: Mapping[str, MockSettings] = field(default_factory=dict)
    # `[activity.NAME]`
    activities: tuple[str, ...] = ()
    lake: Mapping[str, LakeSettings] = field(default_factory=dict)
    warehouse: WarehouseSettings | None = None
    input: JSON = None
    queries: tuple[QuerySettings, ...] = ()
    timing: Mapping[str, Any] = field(default_factory=dict)
    quotas: Mapping[str, Any] = field(default_factory=dict)
    run: RunSettings = field(default_factory=RunSettings)
    # the file with the functions that `simulator.promise` marks
    promises: Path | None = None
    places: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """What relative paths in the file start from."""
        return self.file.parent

    @property
    def state_folder(self) -> Path:
        """Where runs leave what `query` and `--continue` need."""
        return self.file.parent / ".simulator"
