# Each morning's execution, the deadline, and optionally the pause of the night. All in one time zone, which is the
# pipeline's too.

locals {
  # EventBridge Scheduler replaces this text; jsonencode would write it with \u003c
  scheduled_time_input = "{\"scheduled_time\":\"<aws.scheduler.scheduled-time>\"}"

  schedule_group_arn = "arn:${local.partition}:scheduler:${local.region}:${local.account_id}:schedule-group/${var.name}"
  # Text to hours and minutes: [5, 0]
  start_at    = [for part in split(":", var.schedule_time) : tonumber(part)]
  deadline_at = [for part in split(":", var.deadline_time) : tonumber(part)]
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
  tags = local.tags
}

resource "aws_scheduler_schedule" "etl" {
  name                         = "${var.name}-etl"
  description                  = "Loads the day before"
  group_name                   = aws_scheduler_schedule_group.this.name
  state                        = var.schedule_enabled ? "ENABLED" : "DISABLED"
  schedule_expression          = "cron(${local.start_at[1]} ${local.start_at[0]} * * ? *)"
  schedule_expression_timezone = var.time_zone
  kms_key_arn                  = aws_kms_key.data.arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sfn_alias.live.arn
    role_arn = aws_iam_role.scheduler.arn
    input    = local.scheduled_time_input

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 20
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }
  }

  depends_on = [aws_iam_role_policy.scheduler, aws_lambda_invocation.set_up]
}

# Tells CloudWatch that now the day should be loaded, in a time zone with summer time, which alarms don't know.
resource "aws_scheduler_schedule" "deadline" {
  name                         = "${var.name}-deadline"
  description                  = "The day should be loaded now"
  group_name                   = aws_scheduler_schedule_group.this.name
  state                        = var.schedule_enabled ? "ENABLED" : "DISABLED"
  schedule_expression          = "cron(${local.deadline_at[1]} ${local.deadline_at[0]} * * ? *)"
  schedule_expression_timezone = var.time_zone
  kms_key_arn                  = aws_kms_key.data.arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:${local.partition}:scheduler:::aws-sdk:cloudwatch:putMetricData"
    role_arn = aws_iam_role.scheduler.arn
    input = jsonencode({
      Namespace = local.metric_namespace
      MetricData = [{
        MetricName = local.deadline_metric
        Dimensions = [{ Name = "StateMachineArn", Value = local.state_machine_arn }]
        Value      = 1
      }]
    })

    retry_policy {
      maximum_event_age_in_seconds = 900
      maximum_retry_attempts       = 10
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }
  }

  depends_on = [aws_iam_role_policy.scheduler]
}

# Pause and resume, of the cluster and of what fills the lake -----------------------------------

locals {
  pauses_task     = var.pause_schedule != null && var.upstream_source.dms_replication_task_arn != null
  pauses_instance = var.pause_schedule != null && var.upstream_source.rds_instance_identifier != null

  paused_each_day = merge(
    { for name, schedule in {
      pause-cluster  = { at = "pause", api = "redshift:pauseCluster", input = { ClusterIdentifier = var.name } }
      resume-cluster = { at = "resume", api = "redshift:resumeCluster", input = { ClusterIdentifier = var.name } }
    } : name => schedule if var.pause_schedule != null },
    { for name, schedule in {
      pause-task  = { at = "pause", api = "databasemigration:stopReplicationTask", input = { ReplicationTaskArn = var.upstream_source.dms_replication_task_arn } }
      resume-task = { at = "resume", api = "databasemigration:startReplicationTask", input = { ReplicationTaskArn = var.upstream_source.dms_replication_task_arn, StartReplicationTaskType = "resume-processing" } }
    } : name => schedule if local.pauses_task },
    { for name, schedule in {
      pause-instance  = { at = "pause", api = "rds:stopDBInstance", input = { DbInstanceIdentifier = var.upstream_source.rds_instance_identifier } }
      resume-instance = { at = "resume", api = "rds:startDBInstance", input = { DbInstanceIdentifier = var.upstream_source.rds_instance_identifier } }
    } : name => schedule if local.pauses_instance },
  )

  pause_permissions = [
    for statement in [
      {
        is_needed = var.pause_schedule != null
        Sid       = "PauseCluster"
        Action    = ["redshift:PauseCluster", "redshift:ResumeCluster"]
        Resource  = [local.cluster_arn]
      },
      {
        is_needed = local.pauses_task
        Sid       = "PauseTask"
        Action    = ["dms:StartReplicationTask", "dms:StopReplicationTask"]
        Resource  = [var.upstream_source.dms_replication_task_arn]
      },
      {
        is_needed = local.pauses_instance
        Sid       = "PauseInstance"
        Action    = ["rds:StartDBInstance", "rds:StopDBInstance"]
        Resource  = ["arn:${local.partition}:rds:${local.region}:${local.account_id}:db:${coalesce(var.upstream_source.rds_instance_identifier, "none")}"]
      },
    ] : { Sid = statement.Sid, Effect = "Allow", Action = statement.Action, Resource = statement.Resource } if statement.is_needed
  ]
}

resource "aws_scheduler_schedule" "pause" {
  for_each = local.paused_each_day

  name                         = "${var.name}-${each.key}"
  group_name                   = aws_scheduler_schedule_group.this.name
  schedule_expression          = "cron(${tonumber(split(":", var.pause_schedule[each.value.at])[1])} ${tonumber(split(":", var.pause_schedule[each.value.at])[0])} * * ? *)"
  schedule_expression_timezone = var.time_zone
  kms_key_arn                  = aws_kms_key.data.arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:${local.partition}:scheduler:::aws-sdk:${each.value.api}"
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode(each.value.input)

    # A task takes minutes to stop, and starts only when its source is up. What is where it should be already is
    # refused as often as this, and then lies in the dead letters.
    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }
  }

  depends_on = [aws_iam_role_policy.scheduler]
}

resource "aws_iam_role" "scheduler" {
  name        = "${var.name}-scheduler"
  description = "Starts executions, puts the deadline's metric, and pauses what is to be paused"
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnEquals    = { "aws:SourceArn" = local.schedule_group_arn }
        StringEquals = { "aws:SourceAccount" = local.account_id }
      }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = "work"
  role = aws_iam_role.scheduler.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "StartExecutions"
          Effect   = "Allow"
          Action   = ["states:StartExecution"]
          Resource = ["${local.state_machine_arn}:${aws_sfn_alias.live.name}"]
        },
        {
          Sid    = "PutDeadline"
          Effect = "Allow"
          Action = ["cloudwatch:PutMetricData"]
          # the action knows no resource: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
          Resource  = ["*"]
          Condition = { StringEquals = { "cloudwatch:namespace" = local.metric_namespace } }
        },
        {
          Sid      = "DeadLetters"
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = [local.dead_letters_arn]
        },
        {
          Sid       = "ReadSchedules"
          Effect    = "Allow"
          Action    = ["kms:Decrypt"]
          Resource  = [aws_kms_key.data.arn]
          Condition = { StringEquals = { "kms:ViaService" = "scheduler.${local.region}.amazonaws.com" } }
        },
      ],
      local.pause_permissions,
    )
  })
}
