# The Lambda functions, from the zips that `python -m simulator package` makes.

locals {
  function_names = {
    data_api   = "${local.pascal}RedshiftDataApi"
    operations = "${local.pascal}RedshiftOperations"
    clean_up   = "${local.pascal}RedshiftCleanUp"
    set_up     = "${local.pascal}RedshiftSetUp"
  }
  function_arns = { for key, name in local.function_names : key => "${local.lambda_prefix}:${name}" }

  packages = coalesce(var.packages_folder, "${local.repository}/.simulator/packages")

  functions = {
    data_api = {
      description = "Hands a job's SQL to the Redshift Data API and asks how it fares"
      package     = "redshift_data_api"
      role        = "data_api"
      timeout     = 30
      environment = {}
    }
    operations = {
      description = "Refresh date, and the cluster's status, pause and resume"
      package     = "redshift_operations"
      role        = "operations"
      timeout     = 30
      environment = {}
    }
    clean_up = {
      description = "Cancels what an ended execution left running, and pauses the cluster, if set"
      package     = "redshift_cleanup"
      # only the role that submitted a statement may cancel it
      role    = "data_api"
      timeout = 30
      environment = {
        CLUSTER_IDENTIFIER  = local.is_provisioned ? var.name : ""
        PAUSE_CLUSTER_AFTER = tostring(var.pause_cluster_after)
      }
    }
    set_up = {
      description = "Makes users, schema and grants, as often as it is called"
      package     = "redshift_setup"
      role        = "set_up"
      timeout     = 600
      environment = {}
    }
  }
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_272:the hash of the package is compared with the simulated one; signing wants a profile that an account has or hasn't
  #checkov:skip=CKV_AWS_173:settings, no secrets; Lambda encrypts them with its own key

  for_each = local.functions

  function_name    = local.function_names[each.key]
  description      = each.value.description
  filename         = "${local.packages}/${each.value.package}.zip"
  source_code_hash = filebase64sha256("${local.packages}/${each.value.package}.zip")
  role             = aws_iam_role.function[each.value.role].arn
  handler          = "index.handler"
  runtime          = "python3.13"
  architectures    = ["arm64"]
  # more memory is more CPU: the import of boto3 is what takes long
  memory_size                    = 512
  timeout                        = each.value.timeout
  reserved_concurrent_executions = var.reserved_concurrency[each.key]
  tags                           = local.tags

  tracing_config {
    mode = "Active"
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }

  dynamic "environment" {
    for_each = length(each.value.environment) == 0 ? [] : [each.value.environment]

    content {
      variables = environment.value
    }
  }

  dynamic "vpc_config" {
    for_each = var.functions_in_vpc ? [true] : []

    content {
      subnet_ids         = local.subnet_ids
      security_group_ids = aws_security_group.functions[*].id
    }
  }

  # Lambda checks at once that the role may send to the queue and make network interfaces; and the group must be
  # there before the function makes one without retention.
  depends_on = [aws_iam_role_policy.function, aws_iam_role_policy.function_basics, aws_cloudwatch_log_group.function]
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.function_names

  name              = "/aws/lambda/${each.value}"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.data.arn
  tags              = local.tags
}

# What couldn't be delivered or done: schedule, rules, asynchronous invocations.
resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Rules"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = local.dead_letters_arn
        Condition = { ArnEquals = { "aws:SourceArn" = values(local.rule_arns) } }
      },
      {
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"     # nobody may
        Action    = "sqs:*" # do anything
        Resource  = local.dead_letters_arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

locals {
  dead_letters_arn = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${var.name}-dead-letters"
}
