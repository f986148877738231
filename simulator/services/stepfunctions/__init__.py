"""AWS Step Functions as a service: state machines and their executions, in botocore's words."""

from simulator.services.stepfunctions.service import StepFunctions

__all__ = ["StepFunctions"]
