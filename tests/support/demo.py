"""A small project: a machine that waits a minute and calls a function, `fn`."""

TOML = """
[definition]
file = "machine.asl.json"
name = "Demo"
[definition.substitutions]
work_arn = { lambda = "work" }
[lambda.work]
path = "fn"
[input]
day = "2024-01-05"
"""
MACHINE = """{
  "StartAt": "Pause",
  "States": {
    "Pause": {"Type": "Wait", "Seconds": 60, "Next": "Work"},
    "Work": {"Type": "Task", "Resource": "${work_arn}", "End": true}
  }
}
"""
