"""What a rule's target is handed; the transformer's cases are those of AWS's page."""

import json

import pytest

from simulator.services.api import NotModelled, ServiceError
from simulator.services.eventbridge.inputs import check, payload_of

EVENT = {
    "version": "0",
    "source": "aws.ec2",
    "time": "2015-11-11T21:30:00Z",
    "resources": ["arn:1", "arn:2"],
    "detail": {"instance-id": "i-0123456789", "state": "RUNNING", "n": 5, "tags": {"a": "b"}},
}
RULE = "arn:aws:events:us-east-1:123456789012:rule/failed"


def handed(**target):
    check({"Id": "1", **target})
    return payload_of(target, EVENT, rule_arn=RULE)


def transformed(template, **paths):
    return handed(InputTransformer={"InputPathsMap": paths, "InputTemplate": template})


def test_a_target_is_handed_the_whole_event():
    assert json.loads(handed()) == EVENT


def test_or_a_text_of_its_own_byte_for_byte():
    assert handed(Input='{ "a":1 }') == '{ "a":1 }'


def test_or_a_part():
    assert json.loads(handed(InputPath="$.detail")) == EVENT["detail"]
    assert handed(InputPath="$.resources[1]") == '"arn:2"'
    assert handed(InputPath="$.detail['instance-id']") == '"i-0123456789"'


def test_a_template_of_text_puts_values_between_its_quotation_marks():
    found = transformed(
        '"instance <instance> is in <state>, <n>"',
        instance="$.detail.instance-id",
        state="$.detail.state",
        n="$.detail.n",
    )
    assert found == '"instance i-0123456789 is in RUNNING, 5"'


def test_a_template_of_json_puts_values_as_json():
    found = transformed(
        '{"instance": <instance>, "text": "is <state>", "n": <n>, "tags": <tags>}',
        instance="$.detail.instance-id",
        state="$.detail.state",
        n="$.detail.n",
        tags="$.detail.tags",
    )
    assert json.loads(found) == {
        "instance": "i-0123456789",
        "text": "is RUNNING",
        "n": 5,
        "tags": {"a": "b"},
    }


def test_what_a_variable_does_not_find_is_left_out():
    assert transformed('"<none>!"', none="$.detail.none") == '"!"'


def test_variables_that_eventbridge_gives():
    found = transformed('{"rule": <aws.events.rule-name>, "event": <aws.events.event.json>}')
    assert json.loads(found) == {"rule": "failed", "event": EVENT}


@pytest.mark.parametrize(
    "target",
    [
        {"Input": "{", "Id": "1"},
        {"Input": "{}", "InputPath": "$.detail", "Id": "1"},
        {"InputPath": "detail", "Id": "1"},
        {"InputTransformer": {"InputPathsMap": {}, "InputTemplate": '"<state>"'}, "Id": "1"},
        {
            "InputTransformer": {"InputPathsMap": {"AWSx": "$.a"}, "InputTemplate": '"<AWSx>"'},
            "Id": "1",
        },
    ],
)
def test_what_eventbridge_refuses(target):
    with pytest.raises(ServiceError):
        check(target)


def test_wildcards_of_a_path_are_refused_by_name():
    with pytest.raises(NotModelled, match="resources"):
        check({"Id": "1", "InputPath": "$.resources[*]"})
