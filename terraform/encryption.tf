# Two keys: the warehouse's own, and one for everything around it.

locals {
  key_administration = {
    # Without it nobody could change the key any more; IAM policies of the account decide who may.
    # In a key's policy "*" is that key.
    Sid       = "AccountAdministers"
    Effect    = "Allow"
    Principal = { AWS = "${local.iam_prefix}:root" }
    Action    = "kms:*" # as IAM policies say
    Resource  = "*"     # this key
  }
}

resource "aws_kms_key" "warehouse" {
  description             = "${var.name}: the warehouse, its snapshots and its administrator's secret"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = local.tags

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [local.key_administration]
  })
}

resource "aws_kms_alias" "warehouse" {
  name          = "alias/${var.name}-warehouse"
  target_key_id = aws_kms_key.warehouse.key_id
}

resource "aws_kms_key" "data" {
  description             = "${var.name}: lake, scripts, secrets, logs and topics"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.key_administration,
      {
        Sid       = "LogGroups"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"]
        Resource  = "*" # this key
        Condition = {
          # all groups of this stack, whose names have nothing in common
          ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:*" }
        }
      },
      {
        # rules, alarms and the budget publish to encrypted topics
        Sid       = "Publishers"
        Effect    = "Allow"
        Principal = { Service = ["events.amazonaws.com", "cloudwatch.amazonaws.com", "budgets.amazonaws.com"] }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*" # this key
        Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
      },
    ]
  })
}

resource "aws_kms_alias" "data" {
  name          = "alias/${var.name}-data"
  target_key_id = aws_kms_key.data.key_id
}
