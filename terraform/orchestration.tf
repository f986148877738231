# The state machine, its alias, and the rules that follow its executions.

resource "aws_sfn_state_machine" "etl" {
  name       = local.state_machine_name
  role_arn   = aws_iam_role.states.arn
  type       = "STANDARD"
  definition = local.definition
  publish    = true
  tags       = local.tags

  logging_configuration {
    level                  = "ALL"
    include_execution_data = true
    log_destination        = "${aws_cloudwatch_log_group.states.arn}:*" # its streams
  }

  tracing_configuration {
    enabled = true
  }

  depends_on = [aws_iam_role_policy.states, aws_lambda_function.this]
}

# What the schedule starts. A bad definition is rolled back by pointing it to a version that worked.
resource "aws_sfn_alias" "live" {
  name        = "live"
  description = "What the schedule starts"

  routing_configuration {
    state_machine_version_arn = var.state_machine_version == null ? aws_sfn_state_machine.etl.state_machine_version_arn : "${local.state_machine_arn}:${var.state_machine_version}"
    weight                    = 100
  }
}

resource "aws_cloudwatch_log_group" "states" {
  # with this prefix the account's resource policy doesn't grow by each log group
  name              = "/aws/vendedlogs/states/${local.state_machine_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.data.arn
  tags              = local.tags
}

resource "aws_iam_role" "states" {
  name        = local.state_machine_name
  description = "The state machine calls the functions"
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike      = { "aws:SourceArn" = "${local.state_machine_arn}*" } # its versions and alias
        StringEquals = { "aws:SourceAccount" = local.account_id }
      }
    }]
  })
}

resource "aws_iam_role_policy" "states" {
  name = "work"
  role = aws_iam_role.states.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "CallFunctions"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [local.function_arns.data_api, local.function_arns.operations]
      },
      {
        Sid    = "DeliverLogs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
        ]
        # as "IAM Policies for logging to CloudWatch Logs" lists them; log deliveries know no resource: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
        Resource = ["*"]
      },
      {
        Sid    = "Trace"
        Effect = "Allow"
        Action = ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        # they know no resource: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
        Resource = ["*"]
      },
    ]
  })
}

# Rules -------------------------------------------------------------------------------------------

locals {
  rules = {
    execution-ended     = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
    execution-succeeded = ["SUCCEEDED"]
    execution-failed    = ["FAILED", "TIMED_OUT", "ABORTED"]
  }
  rule_descriptions = {
    execution-ended     = "The clean-up function looks after an execution that has ended"
    execution-succeeded = "The analysts hear that the day is loaded"
    execution-failed    = "The engineers hear that it isn't"
  }
  rule_arns = { for key in keys(local.rules) : key => "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${var.name}-${key}" }
}

resource "aws_cloudwatch_event_rule" "execution" {
  for_each = local.rules

  name        = "${var.name}-${each.key}"
  description = local.rule_descriptions[each.key]
  tags        = local.tags

  event_pattern = jsonencode({
    source      = ["aws.states"]
    detail-type = ["Step Functions Execution Status Change"]
    detail = {
      stateMachineArn = [local.state_machine_arn]
      status          = each.value
    }
  })
}

resource "aws_cloudwatch_event_target" "clean_up" {
  rule      = aws_cloudwatch_event_rule.execution["execution-ended"].name
  target_id = "clean-up"
  arn       = aws_lambda_function.this["clean_up"].arn

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 20
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }

  depends_on = [aws_lambda_permission.clean_up]
}

resource "aws_lambda_permission" "clean_up" {
  statement_id   = "execution-ended"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this["clean_up"].function_name
  principal      = "events.amazonaws.com"
  source_arn     = local.rule_arns["execution-ended"]
  source_account = local.account_id
}

resource "aws_cloudwatch_event_target" "loaded" {
  rule      = aws_cloudwatch_event_rule.execution["execution-succeeded"].name
  target_id = "analysts"
  arn       = aws_sns_topic.analysts.arn

  input_transformer {
    input_paths = {
      execution = "$.detail.name"
      time      = "$.time"
    }
    input_template = "\"${var.name}: the day is loaded, by execution <execution> at <time>.\""
  }

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 20
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }

  depends_on = [aws_sns_topic_policy.this]
}

resource "aws_cloudwatch_event_target" "failed" {
  rule      = aws_cloudwatch_event_rule.execution["execution-failed"].name
  target_id = "engineers"
  arn       = aws_sns_topic.engineers.arn

  input_transformer {
    # not the cause, whose quotes would break the text
    input_paths = {
      arn    = "$.detail.executionArn"
      status = "$.detail.status"
    }
    input_template = "\"${var.name}: an execution is <status>, and the day may not be loaded: ${local.console}/states/home?region=${local.region}#/v2/executions/details/<arn>\""
  }

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 20
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }

  depends_on = [aws_sns_topic_policy.this]
}
