# The functions' roles: exactly the calls that they make. The Data API function and the clean-up function share one,
# since a statement is listed for, described to and cancelled by the role that submitted it and no other.

locals {
  # a workgroup's ARN holds an id that AWS gives
  warehouse_arn = local.is_provisioned ? local.cluster_arn : one(aws_redshiftserverless_workgroup.this[*].arn)

  function_policies = {
    data_api = concat(
      [for statement in [
        {
          Sid    = "BecomeEtlUser"
          Effect = "Allow"
          Action = ["redshift:GetClusterCredentials"]
          Resource = [
            "arn:${local.partition}:redshift:${local.region}:${local.account_id}:dbuser:${var.name}/${local.etl_user}",
            "arn:${local.partition}:redshift:${local.region}:${local.account_id}:dbname:${var.name}/${local.database}",
          ]
          Condition = {}
        },
      ] : statement if local.is_provisioned],
      [for statement in [
        {
          Sid       = "ReadEtlSecret"
          Effect    = "Allow"
          Action    = ["secretsmanager:GetSecretValue"]
          Resource  = aws_secretsmanager_secret.etl[*].arn
          Condition = {}
        },
        local.use_secrets_key,
      ] : statement if !local.is_provisioned],
      [
        {
          Sid       = "Submit"
          Effect    = "Allow"
          Action    = ["redshift-data:BatchExecuteStatement"]
          Resource  = [local.warehouse_arn]
          Condition = {}
        },
        merge(local.own_statements["data_api"], {
          Action = ["redshift-data:CancelStatement", "redshift-data:DescribeStatement", "redshift-data:GetStatementResult", "redshift-data:ListStatements"]
        }),
        {
          Sid    = "AskAboutExecution"
          Effect = "Allow"
          Action = ["states:DescribeExecution"]
          # whatever the execution's name
          Resource  = [local.execution_arns]
          Condition = {}
        },
      ],
      # a cluster on its way can take longer to be paused than Lambda's own retries go on
      [for statement in concat([local.look_at_cluster, local.look_again], local.pause_cluster) : statement if var.pause_cluster_after],
    )

    # On Serverless it only computes a date: there is nothing to ask about.
    operations = concat(
      [
        {
          Sid       = "ResumeCluster"
          Effect    = "Allow"
          Action    = ["redshift:ResumeCluster"]
          Resource  = [local.cluster_arn]
          Condition = {}
        },
      ],
      [local.look_at_cluster],
      [for statement in local.pause_cluster : statement if var.pause_cluster_after],
    )

    set_up = [
      {
        Sid       = "Submit"
        Effect    = "Allow"
        Action    = ["redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"]
        Resource  = [local.warehouse_arn]
        Condition = {}
      },
      merge(local.own_statements["set_up"], { Action = ["redshift-data:DescribeStatement"] }),
      {
        Sid       = "ReadAdministratorsSecret"
        Effect    = "Allow"
        Action    = ["secretsmanager:GetSecretValue"]
        Resource  = [local.admin_secret_arn]
        Condition = {}
      },
      {
        Sid       = "WriteUsersSecrets"
        Effect    = "Allow"
        Action    = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
        Resource  = local.user_secret_arns
        Condition = {}
      },
      {
        Sid    = "InventPasswords"
        Effect = "Allow"
        Action = ["secretsmanager:GetRandomPassword"]
        # the action knows no resource: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
        Resource  = ["*"]
        Condition = {}
      },
      merge(local.use_secrets_key, { Resource = [aws_kms_key.data.arn, aws_kms_key.warehouse.arn] }),
      merge(local.use_secrets_key, { Sid = "EncryptUsersSecrets", Action = ["kms:GenerateDataKey"] }),
    ]
  }

  use_secrets_key = {
    Sid       = "UseSecretsKey"
    Effect    = "Allow"
    Action    = ["kms:Decrypt"]
    Resource  = [aws_kms_key.data.arn]
    Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${local.region}.amazonaws.com" } }
  }

  # These actions know no resource but a workgroup's, only the owner of the statement. Its id is ROLE-ID:SESSION, and
  # a function's sessions are named after it: the part before the colon lets the two functions of one role see the
  # same statements. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshiftdataapi.html
  own_statements = {
    for role in ["data_api", "set_up"] : role => {
      Sid       = "OwnStatements"
      Effect    = "Allow"
      Action    = []
      Resource  = ["*"]                                                                                                          # see above
      Condition = { StringLike = { "redshift-data:statement-owner-iam-userid" = "${aws_iam_role.function[role].unique_id}:*" } } # any session
    }
  }

  look_at_cluster = {
    Sid    = "LookAtCluster"
    Effect = "Allow"
    Action = ["redshift:DescribeClusters"]
    # the action knows no resource: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshift.html
    Resource  = ["*"]
    Condition = {}
  }

  look_again = {
    Sid       = "LookAgain"
    Effect    = "Allow"
    Action    = ["lambda:InvokeFunction"]
    Resource  = [local.function_arns.clean_up]
    Condition = {}
  }

  pause_cluster = [
    {
      Sid       = "PauseCluster"
      Effect    = "Allow"
      Action    = ["redshift:PauseCluster"]
      Resource  = [local.cluster_arn]
      Condition = {}
    },
    {
      Sid       = "AskWhetherNeeded"
      Effect    = "Allow"
      Action    = ["states:ListExecutions"]
      Resource  = [local.state_machine_arn]
      Condition = {}
    },
  ]

  # the log groups that a role writes to
  role_functions = {
    data_api   = [local.function_names.data_api, local.function_names.clean_up]
    operations = [local.function_names.operations]
    set_up     = [local.function_names.set_up]
  }

  function_basics = [
    {
      Sid      = "Trace"
      Effect   = "Allow"
      Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      Resource = ["*"] # they know no resource: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
    },
    {
      Sid      = "DeadLetters"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [local.dead_letters_arn]
    },
  ]

  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
  function_network = {
    Sid      = "NetworkInterfaces"
    Effect   = "Allow"
    Action   = ["ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"]
    Resource = ["*"] # Lambda makes the interfaces before it knows their ARNs
  }
}

resource "aws_iam_role" "function" {
  for_each = local.role_functions

  # named after its first function, as in simulator.toml
  name        = each.value[0]
  description = join(", ", each.value)
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "function_basics" {
  for_each = local.role_functions

  name = "run"
  role = aws_iam_role.function[each.key].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = [for name in each.value : "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/aws/lambda/${name}:*"] # Lambda names the streams
      }],
      local.function_basics,
      var.functions_in_vpc ? [local.function_network] : [],
    )
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = { for role in keys(local.role_functions) : role => role if role != "operations" || local.is_provisioned }

  name = "work"
  role = aws_iam_role.function[each.key].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for statement in local.function_policies[each.key] :
      { for member, value in statement : member => value if member != "Condition" || length(value) > 0 }
    ]
  })
}
