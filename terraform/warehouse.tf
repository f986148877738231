# The provisioned cluster; serverless.tf has its alternative.

resource "aws_redshift_cluster" "this" {
  #checkov:skip=CKV_AWS_71:aws_redshift_logging has it

  count = local.is_provisioned ? 1 : 0

  cluster_identifier = var.name
  database_name      = local.database
  node_type          = var.node_type
  cluster_type       = var.number_of_nodes == 1 ? "single-node" : "multi-node"
  number_of_nodes    = var.number_of_nodes

  master_username                   = local.admin_user
  manage_master_password            = true
  master_password_secret_kms_key_id = aws_kms_key.warehouse.key_id

  encrypted  = true
  kms_key_id = aws_kms_key.warehouse.arn

  publicly_accessible          = false
  enhanced_vpc_routing         = true
  cluster_subnet_group_name    = aws_redshift_subnet_group.this[0].name
  vpc_security_group_ids       = [aws_security_group.warehouse.id]
  cluster_parameter_group_name = aws_redshift_parameter_group.this[0].name

  automated_snapshot_retention_period = var.snapshot_retention_days
  manual_snapshot_retention_period    = -1
  skip_final_snapshot                 = !var.final_snapshot.enabled
  final_snapshot_identifier           = var.final_snapshot.enabled ? "${var.name}-${var.final_snapshot.suffix}" : null
  allow_version_upgrade               = true
  # UTC
  preferred_maintenance_window = "sun:02:00-sun:02:30"
  apply_immediately            = true

  tags = local.tags
}

resource "aws_redshift_cluster_iam_roles" "this" {
  count = local.is_provisioned ? 1 : 0

  cluster_identifier = aws_redshift_cluster.this[0].cluster_identifier
  iam_role_arns      = [aws_iam_role.copy.arn]

  # a role that can't read the lake yet is of no use
  depends_on = [aws_iam_role_policy.copy]
}

resource "aws_redshift_snapshot_schedule" "this" {
  count = local.is_provisioned && length(var.snapshot_schedule) > 0 ? 1 : 0

  identifier  = var.name
  description = "${var.name}: automated snapshots"
  definitions = var.snapshot_schedule
  tags        = local.tags
}

resource "aws_redshift_snapshot_schedule_association" "this" {
  count = length(aws_redshift_snapshot_schedule.this)

  cluster_identifier  = aws_redshift_cluster.this[0].cluster_identifier
  schedule_identifier = aws_redshift_snapshot_schedule.this[0].identifier
}

resource "aws_redshift_subnet_group" "this" {
  count = local.is_provisioned ? 1 : 0

  name        = var.name
  description = "${var.name}: private subnets"
  subnet_ids  = local.subnet_ids
  tags        = local.tags
}

resource "aws_redshift_parameter_group" "this" {
  count = local.is_provisioned ? 1 : 0

  name        = var.name
  description = "${var.name}: TLS required, user activity logged"
  family      = "redshift-1.0"
  tags        = local.tags

  parameter {
    name  = "require_ssl"
    value = "true"
  }

  parameter {
    # the audit log's third part
    name  = "enable_user_activity_logging"
    value = "true"
  }
}

# Audit logging -----------------------------------------------------------------------------------

locals {
  audit_logs       = ["connectionlog", "userlog", "useractivitylog"]
  audit_log_prefix = local.is_provisioned ? "/aws/redshift/cluster/${var.name}" : "/aws/redshift/${var.name}"
}

resource "aws_cloudwatch_log_group" "audit" {
  for_each = toset(local.audit_logs)

  name              = "${local.audit_log_prefix}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.data.arn
  tags              = local.tags
}

resource "aws_redshift_logging" "this" {
  count = local.is_provisioned ? 1 : 0

  cluster_identifier   = aws_redshift_cluster.this[0].cluster_identifier
  log_destination_type = "cloudwatch"
  log_exports          = local.audit_logs

  depends_on = [aws_cloudwatch_log_group.audit]
}

# COPY's role -------------------------------------------------------------------------------------

resource "aws_iam_role" "copy" {
  name        = local.copy_role_name
  description = "COPY reads the lake"
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = local.is_provisioned ? "redshift.amazonaws.com" : "redshift-serverless.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "copy" {
  name = "read-lake"
  role = aws_iam_role.copy.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ListLake"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [aws_s3_bucket.lake.arn]
      },
      {
        Sid      = "ReadLake"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${aws_s3_bucket.lake.arn}/*"] # each day brings files
      },
      {
        Sid       = "DecryptLake"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [aws_kms_key.data.arn]
        Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com" } }
      },
    ]
  })
}
