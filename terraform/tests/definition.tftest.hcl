# The variables that give simulator.toml's values: what is planned must be what `python -m simulator render` prints.
# The Python test reads it from this plan.

mock_provider "aws" {
  source = "./tests"
}

variables {
  lake_bucket_name = "store-sales-lake"
}

run "definition" {
  command = plan

  assert {
    condition     = aws_sfn_state_machine.etl.definition == output.definition
    error_message = "The output is not the definition that is deployed."
  }

  assert {
    condition     = can(jsondecode(output.definition))
    error_message = "The definition is not JSON."
  }
}
