# The plan for a provisioned cluster: what it holds, how it is protected, and who may do what.

mock_provider "aws" {
  source = "./tests"
}

run "defaults" {
  command = plan

  assert {
    condition     = length(aws_redshift_cluster.this) == 1 && length(aws_redshiftserverless_workgroup.this) == 0
    error_message = "Expected a cluster and no workgroup."
  }

  assert {
    condition     = strcontains(aws_lambda_function.this["data_api"].function_name, "RedshiftDataApi") && strcontains(aws_sfn_state_machine.etl.name, "ETLStateMachine")
    error_message = "Names must contain RedshiftDataApi and ETLStateMachine."
  }

  # Encryption and public access -----------------------------------------------------------------

  assert {
    # a text in the provider's schema
    condition     = tobool(aws_redshift_cluster.this[0].encrypted) && !aws_redshift_cluster.this[0].publicly_accessible && aws_redshift_cluster.this[0].enhanced_vpc_routing && aws_redshift_cluster.this[0].manage_master_password
    error_message = "The cluster must be encrypted, private, routed through the VPC, and have a managed password."
  }

  assert {
    condition     = anytrue([for parameter in aws_redshift_parameter_group.this[0].parameter : parameter.name == "require_ssl" && parameter.value == "true"])
    error_message = "The cluster must require TLS."
  }

  assert {
    condition     = toset(aws_redshift_logging.this[0].log_exports) == toset(["connectionlog", "userlog", "useractivitylog"]) && anytrue([for parameter in aws_redshift_parameter_group.this[0].parameter : parameter.name == "enable_user_activity_logging" && parameter.value == "true"])
    error_message = "All three audit logs must be written."
  }

  assert {
    condition     = aws_redshift_cluster.this[0].automated_snapshot_retention_period == 7 && !aws_redshift_cluster.this[0].skip_final_snapshot && aws_redshift_cluster.this[0].final_snapshot_identifier == "store-sales-final"
    error_message = "Snapshots must be kept, and a last one taken."
  }

  assert {
    condition     = aws_redshift_snapshot_schedule.this[0].definitions == toset(["rate(12 hours)"]) && length(aws_redshift_snapshot_schedule_association.this) == 1
    error_message = "Snapshots must be taken twice a day."
  }

  assert {
    condition = alltrue([
      for block in [aws_s3_bucket_public_access_block.lake, aws_s3_bucket_public_access_block.scripts, aws_s3_bucket_public_access_block.logs] :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ])
    error_message = "No bucket may be public."
  }

  assert {
    condition = alltrue([
      for versioning in [aws_s3_bucket_versioning.lake, aws_s3_bucket_versioning.scripts, aws_s3_bucket_versioning.logs] :
      versioning.versioning_configuration[0].status == "Enabled"
    ])
    error_message = "Buckets must be versioned."
  }

  assert {
    condition = alltrue([
      for encryption in [aws_s3_bucket_server_side_encryption_configuration.lake, aws_s3_bucket_server_side_encryption_configuration.scripts] :
      one(encryption.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
    ])
    error_message = "Lake and scripts must be encrypted with the stack's key."
  }

  assert {
    condition     = aws_kms_key.warehouse.enable_key_rotation && aws_kms_key.data.enable_key_rotation
    error_message = "Keys must rotate."
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.warehouse_clients) == 0
    error_message = "Nobody reaches the warehouse's port unless named."
  }

  assert {
    condition     = aws_sqs_queue.dead_letters.sqs_managed_sse_enabled && !aws_s3_bucket.lake.force_destroy
    error_message = "Dead letters must be encrypted, and the lake must outlive a destroy."
  }

  # Orchestration --------------------------------------------------------------------------------

  assert {
    condition     = one(aws_sfn_state_machine.etl.logging_configuration).level == "ALL" && one(aws_sfn_state_machine.etl.tracing_configuration).enabled && aws_sfn_state_machine.etl.publish
    error_message = "The state machine must log everything, be traced, and publish versions."
  }

  assert {
    condition     = aws_scheduler_schedule.etl.schedule_expression == "cron(0 5 * * ? *)" && aws_scheduler_schedule.etl.schedule_expression_timezone == "America/New_York"
    error_message = "The schedule must start at 5:00 in New York."
  }

  assert {
    condition     = one(aws_scheduler_schedule.etl.target).input == "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\"}" && one(one(aws_scheduler_schedule.etl.target).retry_policy).maximum_retry_attempts > 0
    error_message = "The schedule must hand over its time as Scheduler writes it, and try again."
  }

  assert {
    # simulator.toml's rule
    condition = jsondecode(aws_cloudwatch_event_rule.execution["execution-ended"].event_pattern) == {
      source      = ["aws.states"]
      detail-type = ["Step Functions Execution Status Change"]
      detail = {
        stateMachineArn = ["arn:aws:states:us-east-1:123456789012:stateMachine:StoreSalesETLStateMachine"]
        status          = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
      }
    }
    error_message = "The clean-up function must hear of every end."
  }

  assert {
    condition     = aws_lambda_function.this["clean_up"].environment[0].variables == tomap({ CLUSTER_IDENTIFIER = "store-sales", PAUSE_CLUSTER_AFTER = "false" })
    error_message = "The clean-up function's variables must be simulator.toml's."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.tracing_config).mode == "Active" && function.reserved_concurrent_executions > 0 && length(function.vpc_config) == 0])
    error_message = "Functions must be traced and have their concurrency, and are not in the VPC unless asked."
  }

  # Alarms ---------------------------------------------------------------------------------------

  assert {
    # 4:30 to 8:45 are 17 quarters of an hour
    condition     = aws_cloudwatch_metric_alarm.nothing_succeeded.period == 900 && aws_cloudwatch_metric_alarm.nothing_succeeded.evaluation_periods == 17 && aws_cloudwatch_metric_alarm.nothing_succeeded.treat_missing_data == "breaching"
    error_message = "The alarm must look back from the deadline to half an hour before the schedule."
  }

  assert {
    condition     = aws_scheduler_schedule.deadline.schedule_expression == "cron(45 8 * * ? *)" && aws_scheduler_schedule.deadline.schedule_expression_timezone == "America/New_York"
    error_message = "The deadline must be 8:45 in the schedule's zone."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.execution)) == toset(["failed", "timed-out", "aborted", "throttled", "slow"])
    error_message = "Failed, timed out, aborted, throttled and slow executions must raise alarms."
  }

  assert {
    # 120 minutes are 24 times 5, and a job asks every 15 s
    condition     = aws_cloudwatch_metric_alarm.running_long.period == 300 && aws_cloudwatch_metric_alarm.running_long.evaluation_periods == 24 && aws_cloudwatch_metric_alarm.running_long.dimensions["FunctionName"] == "StoreSalesRedshiftDataApi"
    error_message = "What runs too long must be told while it runs."
  }

  # Permissions ----------------------------------------------------------------------------------

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.states.policy).Statement : statement.Resource if statement.Sid == "CallFunctions"
    ] == [["arn:aws:lambda:us-east-1:123456789012:function:StoreSalesRedshiftDataApi", "arn:aws:lambda:us-east-1:123456789012:function:StoreSalesRedshiftOperations"]]
    error_message = "The state machine may call its two functions and no other."
  }

  assert {
    condition     = aws_lambda_function.this["data_api"].description != aws_lambda_function.this["clean_up"].description && local.functions["data_api"].role == local.functions["clean_up"].role
    error_message = "Who submits statements and who cancels them must share a role."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.function["operations"].policy).Statement[*].Action == [["redshift:ResumeCluster"], ["redshift:DescribeClusters"]]
    error_message = "Without pausing the operations function resumes the cluster and looks at it."
  }

  # Nothing that isn't asked for -----------------------------------------------------------------

  assert {
    condition     = length(aws_sagemaker_notebook_instance.analyst) + length(aws_scheduler_schedule.pause) + length(aws_vpc_endpoint.interface) == 0
    error_message = "Notebook, pause schedule and interface endpoints cost money and must be asked for."
  }

  assert {
    condition     = alltrue([for tags in [aws_redshift_cluster.this[0].tags, aws_s3_bucket.lake.tags, aws_sfn_state_machine.etl.tags] : tags["Project"] == "store-sales"])
    error_message = "The budget counts by the tag Project."
  }
}

# What is known only after an apply: role ids, secrets.
run "applied" {
  command = apply

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.function["data_api"].policy).Statement : statement
      if statement.Sid == "OwnStatements"
      ] == [{
        Sid       = "OwnStatements"
        Effect    = "Allow"
        Action    = ["redshift-data:CancelStatement", "redshift-data:DescribeStatement", "redshift-data:GetStatementResult", "redshift-data:ListStatements"]
        Resource  = ["*"]
        Condition = { StringLike = { "redshift-data:statement-owner-iam-userid" = "AROAMOCKEDMOCKEDMOCKE:*" } }
    }]
    error_message = "Statements are looked at and cancelled by the role that owns them."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.function["data_api"].policy).Statement : statement.Resource
      if statement.Sid == "BecomeEtlUser"
    ] == [["arn:aws:redshift:us-east-1:123456789012:dbuser:store-sales/etl_user", "arn:aws:redshift:us-east-1:123456789012:dbname:store-sales/dev"]]
    error_message = "Credentials are given for the ETL user and its database alone."
  }

  assert {
    condition     = jsondecode(aws_lambda_invocation.set_up.input).users[0] == { name = "etl_user", secret = null } && jsondecode(aws_lambda_invocation.set_up.input).users[1].name == "analyst"
    error_message = "The set-up must make the ETL user without a password, and the analyst."
  }

  assert {
    condition     = jsondecode(aws_lambda_invocation.set_up.input).connection.SecretArn == aws_redshift_cluster.this[0].master_password_secret_arn
    error_message = "The set-up must sign in as the administrator."
  }

  assert {
    condition     = !strcontains(aws_lambda_invocation.set_up.input, "PASSWORD")
    error_message = "No password may pass through Terraform."
  }

  assert {
    condition     = one(aws_sfn_alias.live.routing_configuration).state_machine_version_arn == aws_sfn_state_machine.etl.state_machine_version_arn
    error_message = "The alias must point to the newest version."
  }

  assert {
    # nothing but what knows no resource, and keys' policies, has a wildcard for a resource
    condition = toset(flatten([
      for policy in concat(values(aws_iam_role_policy.function)[*].policy, values(aws_iam_role_policy.function_basics)[*].policy, [aws_iam_role_policy.states.policy, aws_iam_role_policy.scheduler.policy, aws_iam_role_policy.copy.policy, aws_iam_policy.analyst_data_api.policy, aws_iam_policy.analyst_secret.policy]) : [
        for statement in jsondecode(policy).Statement : statement.Sid if contains(statement.Resource, "*")
      ]
    ])) == toset(["OwnStatements", "LookAtCluster", "InventPasswords", "Trace", "DeliverLogs", "PutDeadline"])
    error_message = "A policy has a wildcard that isn't on the list."
  }

  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_role_policy.function)[*].policy, values(aws_iam_role_policy.function_basics)[*].policy, [aws_iam_role_policy.states.policy, aws_iam_role_policy.scheduler.policy, aws_iam_role_policy.copy.policy]) : [
        for statement in jsondecode(policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
      ]
    ]))
    error_message = "Actions must be exact."
  }

  assert {
    condition     = output.kept_on_destroy.final_snapshot == "store-sales-final" && output.kept_on_destroy.lake_bucket == "store-sales-lake-123456789012-us-east-1" && contains(output.kept_on_destroy.resources, "aws_s3_bucket.lake")
    error_message = "The final snapshot and the lake stay."
  }
}

run "everything" {
  command = plan

  variables {
    name                = "eu-sales"
    number_of_nodes     = 2
    pause_cluster_after = true
    functions_in_vpc    = true
    notebook_enabled    = true
    time_zone           = "Europe/Berlin"
    schedule_time       = "04:15"
    deadline_time       = "08:30"
    client_cidr_blocks  = ["10.1.0.0/16"]
    analyst_emails      = ["analyst@example.com"]
    engineer_emails     = ["engineer@example.com"]
    pause_schedule      = { pause = "20:00", resume = "03:30" }
    upstream_source = {
      dms_replication_task_arn = "arn:aws:dms:us-east-1:123456789012:task:ABC"
      rds_instance_identifier  = "store-sales-oracle"
    }
    monthly_budget_usd = 100
  }

  assert {
    condition     = aws_redshift_cluster.this[0].cluster_type == "multi-node" && aws_sfn_state_machine.etl.name == "EuSalesETLStateMachine" && local.function_names.data_api == "EuSalesRedshiftDataApi"
    error_message = "Everything must be named after the stack."
  }

  assert {
    # one setting: schedule, deadline, pause, and the day that the pipeline loads
    condition     = alltrue([for schedule in concat([aws_scheduler_schedule.etl, aws_scheduler_schedule.deadline], values(aws_scheduler_schedule.pause)) : schedule.schedule_expression_timezone == "Europe/Berlin"]) && jsondecode(output.definition).States.ResolveRefreshDate.Parameters.time_zone == "Europe/Berlin"
    error_message = "There must be one time zone."
  }

  assert {
    condition = { for name, schedule in aws_scheduler_schedule.pause : name => "${schedule.schedule_expression} ${one(schedule.target).arn}" } == {
      pause-cluster   = "cron(0 20 * * ? *) arn:aws:scheduler:::aws-sdk:redshift:pauseCluster"
      resume-cluster  = "cron(30 3 * * ? *) arn:aws:scheduler:::aws-sdk:redshift:resumeCluster"
      pause-task      = "cron(0 20 * * ? *) arn:aws:scheduler:::aws-sdk:databasemigration:stopReplicationTask"
      resume-task     = "cron(30 3 * * ? *) arn:aws:scheduler:::aws-sdk:databasemigration:startReplicationTask"
      pause-instance  = "cron(0 20 * * ? *) arn:aws:scheduler:::aws-sdk:rds:stopDBInstance"
      resume-instance = "cron(30 3 * * ? *) arn:aws:scheduler:::aws-sdk:rds:startDBInstance"
    }
    error_message = "Cluster, task and instance must stop and start together."
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 7 && alltrue([for function in aws_lambda_function.this : length(function.vpc_config) == 1])
    error_message = "Functions in the VPC must reach the services that they call."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.function["operations"].policy).Statement[*].Sid == ["ResumeCluster", "LookAtCluster", "PauseCluster", "AskWhetherNeeded"]
    error_message = "Who pauses must be allowed to, and to ask whether another execution needs the cluster."
  }

  assert {
    condition     = aws_lambda_function.this["clean_up"].environment[0].variables["PAUSE_CLUSTER_AFTER"] == "true" && jsondecode(output.definition).States.LoadDay.Parameters.pause_cluster_after
    error_message = "The pause must be known to definition and clean-up function."
  }

  assert {
    condition     = aws_sagemaker_notebook_instance.analyst[0].direct_internet_access == "Disabled" && length(aws_s3_object.notebook_settings) == 1 && length(aws_budgets_budget.monthly) == 1 && length(aws_sns_topic_subscription.analysts) == 1
    error_message = "Notebook without Internet, budget and subscription must be planned."
  }
}

run "existing_vpc" {
  command = plan

  variables {
    existing_vpc       = { id = "vpc-0123", subnet_ids = ["subnet-0123"] }
    monthly_budget_usd = null
    snapshot_schedule  = []
    # a look at a job every ten minutes, and longer jobs than an alarm can look back
    wait_seconds              = 600
    slow_execution_minutes    = 2000
    job_timeout_seconds       = 86400
    execution_timeout_seconds = 400000
  }

  assert {
    condition     = length(aws_vpc.this) + length(aws_subnet.private) + length(aws_vpc_endpoint.s3) + length(aws_flow_log.this) == 0 && aws_redshift_subnet_group.this[0].subnet_ids == toset(["subnet-0123"])
    error_message = "A VPC that is there must be used as it is."
  }

  assert {
    condition     = length(aws_budgets_budget.monthly) + length(aws_redshift_snapshot_schedule.this) == 0
    error_message = "No budget was asked for, and no schedule for snapshots."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.running_long.period == 1200 && aws_cloudwatch_metric_alarm.running_long.evaluation_periods == 72
    error_message = "The alarm must see each look at a job, and look back a day at most."
  }
}

# Back to a version that worked, without touching the definition.
run "rollback" {
  command = plan

  variables {
    state_machine_version = 3
  }

  assert {
    condition     = one(aws_sfn_alias.live.routing_configuration).state_machine_version_arn == "arn:aws:states:us-east-1:123456789012:stateMachine:StoreSalesETLStateMachine:3"
    error_message = "The alias must point to version 3."
  }
}
