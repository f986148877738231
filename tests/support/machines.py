"""Definitions of one state or two, and what AWS says of them."""

import json

from simulator.asl.validator import validate

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:f"
DONE = {"Type": "Succeed"}
FLOW = {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True}}}
ALL = {"ErrorEquals": ["States.ALL"]}


def sentences(definition, **options):
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return [one.sentence for one in validate(text, **options)]


def machine(states, start="A", **fields):
    return {"StartAt": start, "States": states, **fields}


def of_one(**fields):
    """A machine of one state, which ends unless `fields` say otherwise."""
    ends = fields["Type"] in ("Choice", "Succeed", "Fail") or "Next" in fields or "End" in fields
    return machine({"A": fields if ends else {**fields, "End": True}})


def task(**fields):
    return of_one(Type="Task", Resource=LAMBDA, **fields)


def choice(*rules, **fields):
    return machine({"A": {"Type": "Choice", "Choices": list(rules), **fields}, "Z": DONE})
