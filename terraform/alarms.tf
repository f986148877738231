# What nobody looks at until it rings.

locals {
  metric_namespace = "${local.pascal}Pipeline"
  deadline_metric  = "DayIsDue"

  execution_alarms = {
    failed    = { metric = "ExecutionsFailed", statistic = "Sum", above = 0, text = "An execution failed." }
    timed-out = { metric = "ExecutionsTimedOut", statistic = "Sum", above = 0, text = "An execution ran into its timeout." }
    aborted   = { metric = "ExecutionsAborted", statistic = "Sum", above = 0, text = "Somebody stopped an execution." }
    throttled = { metric = "ExecutionThrottled", statistic = "Sum", above = 0, text = "Step Functions throttled an execution." }
    slow      = { metric = "ExecutionTime", statistic = "Maximum", above = var.slow_execution_minutes * 60000, text = "An execution took longer than ${var.slow_execution_minutes} minutes." }
  }

  # From half an hour before the schedule to the deadline, in whole periods: a late first datapoint must not hide it.
  minutes_to_deadline = 60 * (local.deadline_at[0] - local.start_at[0]) + local.deadline_at[1] - local.start_at[1]
  success_period      = local.minutes_to_deadline <= 660 ? 900 : 3600
  success_periods     = ceil((local.minutes_to_deadline + 30) * 60 / local.success_period)

  # In each of these a running job asks at least once, a call's duration included. An alarm looks back a day at most.
  running_period  = 60 * ceil(max(300, 2 * var.wait_seconds) / 60)
  running_periods = max(1, min(floor(86400 / local.running_period), ceil(var.slow_execution_minutes * 60 / local.running_period)))
}

resource "aws_cloudwatch_metric_alarm" "execution" {
  for_each = local.execution_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = "AWS/States"
  metric_name         = each.value.metric
  dimensions          = { StateMachineArn = local.state_machine_arn }
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.engineers.arn]
  tags                = local.tags
}

# ExecutionTime comes when an execution has ended. That one runs too long shows while it does: its jobs ask the Data API
# function again and again, and this is how long they have been asking without a break.
resource "aws_cloudwatch_metric_alarm" "running_long" {
  alarm_name          = "${var.name}-running-long"
  alarm_description   = "Jobs have been running for ${var.slow_execution_minutes} minutes without a break. A backfill of many days rings it too."
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = local.function_names.data_api }
  statistic           = "Sum"
  period              = local.running_period
  evaluation_periods  = local.running_periods
  datapoints_to_alarm = local.running_periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.engineers.arn]
  tags                = local.tags
}

# The deadline -------------------------------------------------------------------------------------
#
# "No execution succeeded since the morning's start" is true each evening too, so that alarm tells nobody. Neither
# does "now is the deadline". Both at once are what business should hear.

resource "aws_cloudwatch_metric_alarm" "nothing_succeeded" {
  alarm_name          = "${var.name}-nothing-succeeded"
  alarm_description   = "No execution succeeded for as long as there is between schedule and deadline. Tells nobody by itself: see ${var.name}-not-loaded."
  namespace           = "AWS/States"
  metric_name         = "ExecutionsSucceeded"
  dimensions          = { StateMachineArn = local.state_machine_arn }
  statistic           = "Sum"
  period              = local.success_period
  evaluation_periods  = local.success_periods
  datapoints_to_alarm = local.success_periods
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "day_is_due" {
  alarm_name          = "${var.name}-day-is-due"
  alarm_description   = "It is ${var.deadline_time} in ${var.time_zone}. Tells nobody by itself: see ${var.name}-not-loaded."
  namespace           = local.metric_namespace
  metric_name         = local.deadline_metric
  dimensions          = { StateMachineArn = local.state_machine_arn }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  tags                = local.tags
}

resource "aws_cloudwatch_composite_alarm" "not_loaded" {
  alarm_name        = "${var.name}-not-loaded"
  alarm_description = "The day is not loaded at ${var.deadline_time} in ${var.time_zone}."
  alarm_rule        = "ALARM(\"${aws_cloudwatch_metric_alarm.nothing_succeeded.alarm_name}\") AND ALARM(\"${aws_cloudwatch_metric_alarm.day_is_due.alarm_name}\")"
  alarm_actions     = [aws_sns_topic.analysts.arn, aws_sns_topic.engineers.arn]
  tags              = local.tags
}

# What stands around the executions --------------------------------------------------------------

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${var.name}-dead-letters"
  alarm_description   = "The schedule, a rule or an asynchronous invocation gave up: its event lies in the queue ${aws_sqs_queue.dead_letters.name}."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.engineers.arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "function_throttled" {
  for_each = { for key in ["data_api", "operations", "clean_up"] : key => local.function_names[key] }

  alarm_name          = "${var.name}-${replace(each.key, "_", "-")}-throttled"
  alarm_description   = "${each.value} wanted to run more often at once than it may."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = each.value }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.engineers.arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "disk" {
  count = local.is_provisioned ? 1 : 0

  alarm_name          = "${var.name}-disk"
  alarm_description   = "The cluster's disk is more than 80 percent full."
  namespace           = "AWS/Redshift"
  metric_name         = "PercentageDiskSpaceUsed"
  dimensions          = { ClusterIdentifier = var.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  # a paused cluster has no metrics
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.engineers.arn]
  tags               = local.tags
}
