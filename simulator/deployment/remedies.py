"""What Terraform or AWS says when something goes wrong, and the way on from there."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remedy:
    """`text` for whoever reads something like `pattern`; `{folder}` is where Terraform ran,
    `{deploy}` the command that applies."""

    pattern: str
    text: str


# the first that matches is told
REMEDIES = (
    Remedy(
        r"Error acquiring the state lock",
        "another Terraform works on this state, or one was killed there; if none does any more: "
        "terraform -chdir={folder} force-unlock ID, with the ID shown above",
    ),
    Remedy(
        r"SnapshotAlreadyExists",
        "a final snapshot of that name is there already; deploy another name first: "
        "{deploy} -var 'final_snapshot={{suffix=\"final-2\"}}'",
    ),
    Remedy(
        r"BucketNotEmpty",
        "a bucket with data in it stays; to delete it with its data: "
        "{deploy} -var delete_data_on_destroy=true, and destroy again",
    ),
    Remedy(
        r"[Aa]lready ?[Ee]xists|AlreadyOwnedByYou|ResourceConflict|ResourceInUse|ResourceExists"
        r"|is already in use|already scheduled for deletion",
        "the name is taken, by something that is not in this stack's state: another stack's "
        "(-var name=NAME chooses another name), or what an interrupted apply had asked for and "
        "not noted (delete it, or terraform -chdir={folder} import ADDRESS ID; on the local port "
        "destroying ends all of it)",
    ),
    Remedy(
        r"errored\.tfstate",
        "the state could not be written where it belongs: terraform -chdir={folder} state push "
        "errored.tfstate, once that is reachable again",
    ),
    Remedy(
        r"ExpiredToken|InvalidClientTokenId|No valid credential sources|UnrecognizedClient",
        "the credentials are no longer valid: aws sso login, or aws configure; then {deploy}",
    ),
    Remedy(
        r"AccessDenied|UnauthorizedOperation|not authorized to perform",
        "whoever deploys lacks that permission",
    ),
    Remedy(
        r"Failed to query available provider packages|Failed to install provider",
        "without network, TF_PLUGIN_DIR=DIR names a folder that `terraform providers mirror DIR` "
        "has filled",
    ),
    Remedy(
        r"connection refused|no such host|dial tcp",
        "the target doesn't answer: does it still run, is there a network?",
    ),
)


def remedy(said: str) -> str | None:
    """What to do about it, as a text with `{folder}` and `{deploy}`; None where nobody knows."""
    # Terraform breaks lines anywhere and draws a frame around them
    plain = re.sub(r"\s+", " ", re.sub(r"[│╷╵]", " ", said))
    return next((one.text for one in REMEDIES if re.search(one.pattern, plain)), None)
