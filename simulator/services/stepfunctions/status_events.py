"""What Step Functions tells EventBridge when an execution's status changes.

Developer guide, "Automating Step Functions event delivery with EventBridge": Standard executions
alone, "the same information as the DescribeExecution API", dates as milliseconds, null where there
is nothing. The members for versions, redrives, error and cause are not in the guide's examples;
received events, and AWS's own event classes for .NET, have them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from simulator.engine.execution import Execution

SOURCE = "aws.states"
DETAIL_TYPE = "Step Functions Execution Status Change"
# "If the combined escaped input and escaped output sent to EventBridge exceeds 248 KiB, then the
# input will be excluded. Similarly, if the escaped output exceeds 248 KiB ..."
_LIMIT_BYTES = 248 * 1024


def detail_of(
    execution: Execution, reason_against_redrive: str | None, qualified: Mapping[str, str]
) -> dict[str, Any]:
    """The `detail` of the event, for an execution as it is now. `qualified` are the ARNs of version
    and alias, where it was started by one."""
    given, made = execution.input_text, execution.output_text
    made_bytes = _escaped_bytes(made)
    has_input = _escaped_bytes(given) + made_bytes <= _LIMIT_BYTES
    has_output = made_bytes <= _LIMIT_BYTES
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.start_ms,
        "stopDate": execution.stop_ms,
        "input": given if has_input else None,
        "output": made if has_output else None,
        "stateMachineVersionArn": qualified.get("stateMachineVersionArn"),
        "stateMachineAliasArn": qualified.get("stateMachineAliasArn"),
        "redriveCount": execution.redrive_count,
        "redriveDate": execution.redrive_ms,
        "redriveStatus": "REDRIVABLE" if reason_against_redrive is None else "NOT_REDRIVABLE",
        "redriveStatusReason": reason_against_redrive,
        "inputDetails": {"included": has_input},
        "outputDetails": None if made is None else {"included": has_output},
        "error": execution.error,
        "cause": execution.cause,
    }


def _escaped_bytes(text: str | None) -> int:
    return 0 if text is None else len(json.dumps(text, ensure_ascii=False).encode())
