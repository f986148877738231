# Two topics: the analysts hear that the day is loaded, or that it isn't at the deadline; the engineers hear of trouble.

resource "aws_sns_topic" "analysts" {
  name              = "${var.name}-analysts"
  kms_master_key_id = aws_kms_key.data.arn
  tags              = local.tags
}

resource "aws_sns_topic" "engineers" {
  name              = "${var.name}-engineers"
  kms_master_key_id = aws_kms_key.data.arn
  tags              = local.tags
}

resource "aws_sns_topic_policy" "this" {
  for_each = {
    analysts  = { topic = aws_sns_topic.analysts.arn, rules = [local.rule_arns["execution-succeeded"]] }
    engineers = { topic = aws_sns_topic.engineers.arn, rules = [local.rule_arns["execution-failed"]] }
  }

  arn = each.value.topic

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "Rules"
          Effect    = "Allow"
          Principal = { Service = "events.amazonaws.com" }
          Action    = "sns:Publish"
          Resource  = each.value.topic
          Condition = { ArnEquals = { "aws:SourceArn" = each.value.rules } }
        },
        {
          Sid       = "Alarms"
          Effect    = "Allow"
          Principal = { Service = "cloudwatch.amazonaws.com" }
          Action    = "sns:Publish"
          Resource  = each.value.topic
          Condition = {
            ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:cloudwatch:${local.region}:${local.account_id}:alarm:${var.name}-*" } # those of this stack
            StringEquals = { "aws:SourceAccount" = local.account_id }
          }
        },
      ],
      each.key != "engineers" ? [] : [
        {
          Sid       = "Budget"
          Effect    = "Allow"
          Principal = { Service = "budgets.amazonaws.com" }
          Action    = "sns:Publish"
          Resource  = each.value.topic
          Condition = {
            ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:budgets::${local.account_id}:*" } # https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
            StringEquals = { "aws:SourceAccount" = local.account_id }
          }
        },
      ],
    )
  })
}

resource "aws_sns_topic_subscription" "analysts" {
  for_each = var.analyst_emails

  topic_arn = aws_sns_topic.analysts.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_sns_topic_subscription" "engineers" {
  for_each = var.engineer_emails

  topic_arn = aws_sns_topic.engineers.arn
  protocol  = "email"
  endpoint  = each.key
}
