# Users, schema and grants, through the Data API with the administrator's secret. A function of ours does it, in one
# transaction and as often as it is called. aws_redshiftdata_statement would need the passwords in Terraform's state,
# knows no CREATE USER that may be repeated, and wants every statement run again as soon as the Data API has forgotten
# it: https://github.com/hashicorp/terraform-provider-aws/issues/37301

locals {
  admin_secret_arn = local.is_provisioned ? one(aws_redshift_cluster.this[*].master_password_secret_arn) : one(aws_redshiftserverless_namespace.this[*].admin_password_secret_arn)
  user_secret_arns = concat([aws_secretsmanager_secret.analyst.arn], aws_secretsmanager_secret.etl[*].arn)

  setup_folder = "${local.repository}/statemachine/sql/setup"
  setup = {
    connection = merge(
      [{ ClusterIdentifier = var.name }, { WorkgroupName = var.name }][local.is_provisioned ? 0 : 1],
      { Database = local.database, SecretArn = local.admin_secret_arn },
    )
    users = [
      # without a secret it has no password: it signs in by temporary credentials alone
      { name = local.etl_user, secret = one(aws_secretsmanager_secret.etl[*].arn) },
      { name = local.analyst_user, secret = aws_secretsmanager_secret.analyst.arn },
    ]
    sql_statements = [for file in sort(fileset(local.setup_folder, "*.sql")) : file("${local.setup_folder}/${file}")]
  }
}

# Terraform makes the secrets, and the function puts passwords into them that Terraform never sees. Their names get a
# suffix, since a deleted secret keeps its name for as long as it can be brought back.
resource "aws_secretsmanager_secret" "analyst" {
  #checkov:skip=CKV2_AWS_57:rotated by putting a new password into the secret and calling the set-up function, which tells the warehouse

  name_prefix             = "${var.name}/${local.analyst_user}-"
  description             = "${var.name}: login and password of the analyst, who reads and can't write"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = var.secret_recovery_days
  tags                    = local.tags
}

resource "aws_secretsmanager_secret" "etl" {
  #checkov:skip=CKV2_AWS_57:rotated by putting a new password into the secret and calling the set-up function, which tells the warehouse

  count = local.is_provisioned ? 0 : 1

  name_prefix             = "${var.name}/${local.etl_user}-"
  description             = "${var.name}: login and password of the pipeline's user"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = var.secret_recovery_days
  tags                    = local.tags
}

resource "aws_lambda_invocation" "set_up" {
  function_name = aws_lambda_function.this["set_up"].function_name
  input         = jsonencode(local.setup)

  # a new cluster is empty, however equal its name
  triggers = {
    code      = aws_lambda_function.this["set_up"].source_code_hash
    warehouse = local.is_provisioned ? one(aws_redshift_cluster.this[*].cluster_namespace_arn) : one(aws_redshiftserverless_namespace.this[*].namespace_id)
  }

  depends_on = [
    aws_iam_role_policy.function,
    aws_redshift_cluster.this,
    aws_redshift_cluster_iam_roles.this,
    aws_redshiftserverless_workgroup.this,
  ]
}

# For whoever signs in as the analyst: that secret, and nothing else.
resource "aws_iam_policy" "analyst_secret" {
  name        = "${var.name}-analyst-secret"
  description = "Read the analyst's login and password"
  tags        = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadAnalystsSecret"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.analyst.arn]
      },
      {
        Sid       = "UseSecretsKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [aws_kms_key.data.arn]
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${local.region}.amazonaws.com" } }
      },
    ]
  })
}

# The Data API calls of an analyst, for the notebook's role and whoever else gets it.
resource "aws_iam_policy" "analyst_data_api" {
  name        = "${var.name}-analyst-data-api"
  description = "Run SQL in the warehouse through the Data API, and read its results"
  tags        = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Submit"
        Effect   = "Allow"
        Action   = ["redshift-data:ExecuteStatement"]
        Resource = [local.warehouse_arn]
      },
      {
        Sid    = "OwnStatements"
        Effect = "Allow"
        Action = ["redshift-data:DescribeStatement", "redshift-data:GetStatementResult"]
        # they know no resource but a workgroup's, only the statement's owner
        Resource  = ["*"]
        Condition = { StringEquals = { "redshift-data:statement-owner-iam-userid" = "$${aws:userid}" } }
      },
    ]
  })
}
