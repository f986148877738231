# The plan for Redshift Serverless.

mock_provider "aws" {
  source = "./tests"
}

variables {
  warehouse = "serverless"
}

run "serverless" {
  command = apply

  assert {
    condition     = length(aws_redshift_cluster.this) + length(aws_redshift_parameter_group.this) + length(aws_redshift_logging.this) == 0 && length(aws_redshiftserverless_workgroup.this) == 1
    error_message = "Expected a workgroup and no cluster."
  }

  assert {
    condition     = !aws_redshiftserverless_workgroup.this[0].publicly_accessible && aws_redshiftserverless_workgroup.this[0].enhanced_vpc_routing && length(aws_redshiftserverless_workgroup.this[0].subnet_ids) == 3
    error_message = "The workgroup must be private, in three subnets, and routed through the VPC."
  }

  assert {
    condition     = anytrue([for parameter in aws_redshiftserverless_workgroup.this[0].config_parameter : parameter.parameter_key == "require_ssl" && parameter.parameter_value == "true"]) && length(aws_redshiftserverless_workgroup.this[0].config_parameter) == 9
    error_message = "The workgroup must require TLS, and name all nine parameters."
  }

  assert {
    condition     = aws_redshiftserverless_namespace.this[0].manage_admin_password && aws_redshiftserverless_namespace.this[0].kms_key_id == aws_kms_key.warehouse.arn && toset(aws_redshiftserverless_namespace.this[0].log_exports) == toset(["connectionlog", "userlog", "useractivitylog"])
    error_message = "The namespace must be encrypted with the warehouse's key, have a managed password, and write its audit logs."
  }

  assert {
    condition     = jsondecode(output.definition).States.LoadDay.Branches[0].States.InitializeBuildDB.Parameters.connection == { WorkgroupName = "store-sales", Database = "dev", SecretArn = aws_secretsmanager_secret.etl[0].arn }
    error_message = "The pipeline must sign in to the workgroup with the ETL user's secret."
  }

  assert {
    condition     = jsondecode(output.definition).States.LoadDay.Branches[0].States.GetClusterStatus.Parameters.cluster_identifier == ""
    error_message = "There is no cluster to look at."
  }

  assert {
    condition     = alltrue([for sid in jsondecode(aws_iam_role_policy.function["data_api"].policy).Statement[*].Sid : sid != "BecomeEtlUser"]) && !contains(keys(aws_iam_role_policy.function), "operations")
    error_message = "Nobody needs a cluster's permissions."
  }

  assert {
    condition     = jsondecode(aws_lambda_invocation.set_up.input).users[0].secret == aws_secretsmanager_secret.etl[0].arn
    error_message = "The ETL user needs a password here."
  }

  assert {
    condition     = aws_redshiftserverless_usage_limit.daily[0].breach_action == "deactivate"
    error_message = "The workgroup's use must have an end."
  }

  assert {
    condition     = output.kept_on_destroy.final_snapshot == null && output.warehouse.workgroup_name == "store-sales"
    error_message = "A workgroup leaves no final snapshot."
  }
}
