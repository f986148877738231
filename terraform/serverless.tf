# The workgroup that takes the cluster's place.

resource "aws_redshiftserverless_namespace" "this" {
  count = local.is_provisioned ? 0 : 1

  namespace_name                   = var.name
  db_name                          = local.database
  admin_username                   = local.admin_user
  manage_admin_password            = true
  admin_password_secret_kms_key_id = aws_kms_key.warehouse.key_id
  kms_key_id                       = aws_kms_key.warehouse.arn
  iam_roles                        = [aws_iam_role.copy.arn]
  log_exports                      = local.audit_logs
  tags                             = local.tags

  depends_on = [aws_cloudwatch_log_group.audit, aws_iam_role_policy.copy]
}

resource "aws_redshiftserverless_workgroup" "this" {
  count = local.is_provisioned ? 0 : 1

  workgroup_name       = var.name
  namespace_name       = aws_redshiftserverless_namespace.this[0].namespace_name
  base_capacity        = var.serverless_base_capacity
  publicly_accessible  = false
  enhanced_vpc_routing = true
  subnet_ids           = local.subnet_ids
  security_group_ids   = [aws_security_group.warehouse.id]
  tags                 = local.tags

  # All nine: AWS returns those that aren't given too, and Terraform would want them gone for ever.
  dynamic "config_parameter" {
    for_each = {
      auto_mv                          = "true"
      datestyle                        = "ISO, MDY"
      enable_case_sensitive_identifier = "false"
      enable_user_activity_logging     = "true"
      max_query_execution_time         = tostring(min(86399, max(14400, var.job_timeout_seconds)))
      query_group                      = "default"
      require_ssl                      = "true"
      search_path                      = "$user, public"
      use_fips_ssl                     = "false"
    }

    content {
      parameter_key   = config_parameter.key
      parameter_value = config_parameter.value
    }
  }
}

resource "aws_redshiftserverless_usage_limit" "daily" {
  count = local.is_provisioned ? 0 : 1

  resource_arn  = aws_redshiftserverless_workgroup.this[0].arn
  usage_type    = "serverless-compute"
  period        = "daily"
  amount        = var.serverless_daily_rpu_hours
  breach_action = "deactivate"
}
