# Everything that can be asked for, for a morning in Berlin. The provider is configured here; the module takes it.

terraform {
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

module "pipeline" {
  source = "../.."

  name            = "eu-store-sales"
  number_of_nodes = 2

  # What is lost at most is what came since the last snapshot; the times are UTC.
  snapshot_schedule       = ["cron(0 6 *)", "cron(0 18 *)"]
  snapshot_retention_days = 14

  time_zone     = "Europe/Berlin"
  schedule_time = "04:30"
  deadline_time = "08:45"

  # The cluster costs nothing but its storage from evening to morning.
  pause_schedule = { pause = "20:00", resume = "04:00" }
  upstream_source = {
    dms_replication_task_arn = "arn:aws:dms:eu-central-1:123456789012:task:STORESALES"
    rds_instance_identifier  = "store-sales-oracle"
  }

  functions_in_vpc = true
  notebook_enabled = true

  analyst_emails     = ["analysts@example.com"]
  engineer_emails    = ["engineers@example.com"]
  monthly_budget_usd = 900

  tags = { CostCenter = "4711" }
}

output "console" {
  description = "Links to AWS's console."
  value       = module.pipeline.console
}

output "analyst_secret_arn" {
  description = "The analyst's login and password."
  value       = module.pipeline.analyst_secret_arn
}
