# Every validation of every variable refuses what it should; what it accepts is in the other files. Several in one run:
# each that is listed must fail.

mock_provider "aws" {
  source = "./tests"
}

run "texts" {
  command = plan

  variables {
    name                   = "Store_Sales"
    tags                   = { Project = "other" }
    warehouse              = "snowflake"
    node_type              = "dc2.large"
    lake_bucket_name       = "Store.Sales"
    time_zone              = "EST5"
    schedule_time          = "5:00"
    vpc_cidr_block         = "10.0.0.0/28"
    client_cidr_blocks     = ["0.0.0.0/0"]
    analyst_emails         = ["analyst"]
    engineer_emails        = ["engineer@"]
    notebook_instance_type = "t3.medium"
    final_snapshot         = { suffix = "Last_one" }
    upstream_source        = { dms_replication_task_arn = "my-task" }
    snapshot_schedule      = ["rate(30 hours)"]
  }

  expect_failures = [
    var.name, var.tags, var.warehouse, var.node_type, var.lake_bucket_name, var.time_zone, var.schedule_time,
    var.vpc_cidr_block, var.client_cidr_blocks, var.analyst_emails, var.engineer_emails, var.notebook_instance_type,
    var.final_snapshot, var.upstream_source, var.snapshot_schedule,
  ]
}

run "numbers" {
  command = plan

  variables {
    number_of_nodes            = 0
    serverless_base_capacity   = 12
    serverless_daily_rpu_hours = 0
    snapshot_retention_days    = 0
    wait_seconds               = 0
    cluster_wait_seconds       = 0.5
    cluster_timeout_seconds    = 10
    log_retention_days         = 100
    slow_execution_minutes     = 0
    monthly_budget_usd         = 0
    secret_recovery_days       = 3
    state_machine_version      = 0
    reserved_concurrency       = { operations = 0 }
  }

  expect_failures = [
    var.number_of_nodes, var.serverless_base_capacity, var.serverless_daily_rpu_hours, var.snapshot_retention_days,
    var.wait_seconds, var.cluster_wait_seconds, var.cluster_timeout_seconds,
    var.log_retention_days, var.slow_execution_minutes, var.monthly_budget_usd,
    var.secret_recovery_days, var.state_machine_version, var.reserved_concurrency,
  ]
}

# Rules that compare variables are asked only where the others are valid.

run "objects" {
  command = plan

  variables {
    existing_vpc   = { id = "0123", subnet_ids = ["subnet-0123"] }
    pause_schedule = { pause = "8pm", resume = "04:30" }
    deadline_time  = "25:00"
  }

  expect_failures = [var.existing_vpc, var.pause_schedule, var.deadline_time]
}

run "vpc_without_subnets" {
  command = plan

  variables {
    existing_vpc = { id = "vpc-0123", subnet_ids = [] }
  }

  expect_failures = [var.existing_vpc]
}

run "history_would_overflow" {
  command = plan

  variables {
    # 5 jobs of 8,200 / 15 polls of 9 events
    job_timeout_seconds = 8200
  }

  expect_failures = [var.job_timeout_seconds]
}

run "job_longer_than_the_data_api_lets_it" {
  command = plan

  variables {
    wait_seconds              = 600
    job_timeout_seconds       = 86401
    execution_timeout_seconds = 400000
  }

  expect_failures = [var.job_timeout_seconds]
}

run "execution_shorter_than_its_jobs" {
  command = plan

  variables {
    # four jobs of 8,100 s and the cluster's 1,200 s
    execution_timeout_seconds = 33600
  }

  expect_failures = [var.execution_timeout_seconds]
}

run "deadline_before_schedule" {
  command = plan

  variables {
    schedule_time = "08:45"
    deadline_time = "05:00"
  }

  expect_failures = [var.deadline_time]
}

run "serverless_has_nothing_to_pause" {
  command = plan

  variables {
    warehouse           = "serverless"
    pause_cluster_after = true
    pause_schedule      = { pause = "20:00", resume = "04:30" }
    existing_vpc        = { id = "vpc-0123", subnet_ids = ["subnet-0123"] }
  }

  expect_failures = [var.pause_cluster_after, var.pause_schedule, var.existing_vpc]
}

run "aws_keeps_its_tags" {
  command = plan

  variables {
    tags                 = { "aws:cost" = "1" }
    upstream_source      = { rds_instance_identifier = "Oracle!" }
    reserved_concurrency = { data_api = 1 }
  }

  expect_failures = [var.tags, var.upstream_source, var.reserved_concurrency]
}
