# Optional: a notebook instance without Internet, with the notebook of the scripts bucket, signed in as the analyst.

resource "aws_sagemaker_notebook_instance" "analyst" {
  count = var.notebook_enabled ? 1 : 0

  name                   = "${var.name}-analyst"
  instance_type          = var.notebook_instance_type
  platform_identifier    = "notebook-al2-v3"
  role_arn               = aws_iam_role.notebook[0].arn
  subnet_id              = local.subnet_ids[0]
  security_groups        = aws_security_group.functions[*].id
  direct_internet_access = "Disabled"
  root_access            = "Disabled"
  kms_key_id             = aws_kms_key.data.key_id
  lifecycle_config_name  = aws_sagemaker_notebook_instance_lifecycle_configuration.analyst[0].name
  tags                   = local.tags

  instance_metadata_service_configuration {
    minimum_instance_metadata_service_version = "2"
  }
}

resource "aws_sagemaker_notebook_instance_lifecycle_configuration" "analyst" {
  count = var.notebook_enabled ? 1 : 0

  name = "${var.name}-analyst"
  tags = local.tags

  on_start = base64encode(<<-SCRIPT
    #!/bin/bash
    set -e
    sudo -u ec2-user aws s3 cp --recursive --region ${local.region} s3://${local.scripts_bucket}/notebooks/ /home/ec2-user/SageMaker/
  SCRIPT
  )
}

# What the notebook must know of the stack. On a laptop: terraform output -json notebook_settings > settings.json
resource "aws_s3_object" "notebook_settings" {
  count = var.notebook_enabled ? 1 : 0

  bucket       = aws_s3_bucket.scripts.id
  key          = "notebooks/settings.json"
  content      = jsonencode(local.notebook_settings)
  content_type = "application/json"
  tags         = local.tags

  depends_on = [aws_s3_bucket_server_side_encryption_configuration.scripts, aws_s3_bucket_versioning.scripts]
}

locals {
  # what a report from the raw files must read
  report_prefixes = ["customer_address/", "item/", "store/", "store_sales/"]

  notebook_settings = {
    region      = local.region
    connection  = [{ ClusterIdentifier = var.name }, { WorkgroupName = var.name }][local.is_provisioned ? 0 : 1]
    database    = local.database
    secret_arn  = aws_secretsmanager_secret.analyst.arn
    lake_bucket = local.lake_bucket
  }
}

resource "aws_iam_role" "notebook" {
  count = var.notebook_enabled ? 1 : 0

  name        = "${var.name}-notebook"
  description = "The analyst's notebook instance"
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "sagemaker.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "notebook" {
  for_each = { for name, arn in { secret = aws_iam_policy.analyst_secret.arn, data_api = aws_iam_policy.analyst_data_api.arn } : name => arn if var.notebook_enabled }

  role       = aws_iam_role.notebook[0].name
  policy_arn = each.value
}

resource "aws_iam_role_policy" "notebook" {
  count = var.notebook_enabled ? 1 : 0

  name = "read-files"
  role = aws_iam_role.notebook[0].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadNotebook"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${aws_s3_bucket.scripts.arn}/notebooks/*"] # whatever is in that folder
      },
      {
        Sid       = "ListNotebooks"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [aws_s3_bucket.scripts.arn]
        Condition = { StringEquals = { "s3:prefix" = "notebooks/" } }
      },
      {
        # the report from the raw files, to compare with the warehouse's
        Sid      = "ReadLake"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = [for prefix in local.report_prefixes : "${aws_s3_bucket.lake.arn}/${prefix}*"] # each day brings files
      },
      {
        Sid       = "ListLake"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = [aws_s3_bucket.lake.arn]
        Condition = { StringEquals = { "s3:prefix" = local.report_prefixes } }
      },
      {
        Sid       = "DecryptFiles"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [aws_kms_key.data.arn]
        Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com" } }
      },
    ]
  })
}
