locals {
  console = "https://${local.region}.console.aws.amazon.com"
}

output "region" {
  description = "Where the stack is."
  value       = local.region
}

output "account_id" {
  description = "The account that the stack is in."
  value       = local.account_id
}

output "warehouse" {
  description = "The kind of warehouse, and what the Data API needs to reach it."
  value = {
    kind               = var.warehouse
    cluster_identifier = local.is_provisioned ? var.name : null
    workgroup_name     = local.is_provisioned ? null : var.name
    database           = local.database
    arn                = local.warehouse_arn
  }
}

output "state_machine_arn" {
  description = "The state machine."
  value       = aws_sfn_state_machine.etl.arn
}

output "state_machine_version_arn" {
  description = "The version that this apply published."
  value       = aws_sfn_state_machine.etl.state_machine_version_arn
}

output "state_machine_alias_arn" {
  description = "What the schedule starts; start executions of your own here too."
  value       = aws_sfn_alias.live.arn
}

output "definition" {
  description = "The definition as deployed: what `python -m simulator render` prints for the same values."
  value       = local.definition
}

output "substitutions" {
  description = "What was put into the definition, for simulating what is deployed."
  value       = { for name, value in local.substitutions : name => value if !contains(keys(local.sql), name) }
}

output "function_names" {
  description = "The functions: data_api, operations, clean_up, set_up."
  value       = { for key, function in aws_lambda_function.this : key => function.function_name }
}

output "lake_bucket" {
  description = "Where `make lake` uploads to."
  value       = aws_s3_bucket.lake.bucket
}

output "scripts_bucket" {
  description = "The analysts' queries and notebook, and the definition."
  value       = aws_s3_bucket.scripts.bucket
}

output "copy_role_arn" {
  description = "The role by which COPY reads the lake."
  value       = aws_iam_role.copy.arn
}

output "admin_secret_arn" {
  description = "The administrator's secret, which Redshift manages and rotates."
  value       = local.admin_secret_arn
}

output "analyst_secret_arn" {
  description = "The analyst's login and password."
  value       = aws_secretsmanager_secret.analyst.arn
}

output "analyst_policy_arns" {
  description = "What a role needs to sign in as the analyst: the secret, and the Data API."
  value       = [aws_iam_policy.analyst_secret.arn, aws_iam_policy.analyst_data_api.arn]
}

output "notebook_settings" {
  description = "What notebooks/dataapi.ipynb reads as settings.json beside it."
  value       = local.notebook_settings
}

output "topics" {
  description = "Where to subscribe: analysts hear of the day, engineers of trouble."
  value       = { analysts = aws_sns_topic.analysts.arn, engineers = aws_sns_topic.engineers.arn }
}

output "dead_letters_url" {
  description = "The queue with what couldn't be delivered or done."
  value       = aws_sqs_queue.dead_letters.url
}

output "upstream_source" {
  description = "What `make pause` stops and `make resume` starts along with the cluster."
  value       = var.upstream_source
}

locals {
  keeps_snapshot = local.is_provisioned && var.final_snapshot.enabled
  keeps_lake     = !var.delete_data_on_destroy

  # Without its key nobody can read what stays; without its settings the bucket would be a lesser one.
  kept_resources = concat(
    local.keeps_snapshot || local.keeps_lake ? ["terraform_data.kept_on_destroy"] : [],
    local.keeps_snapshot ? ["aws_kms_key.warehouse", "aws_kms_alias.warehouse"] : [],
    local.keeps_lake ? [
      "aws_kms_key.data",
      "aws_kms_alias.data",
      "aws_s3_bucket.lake",
      "aws_s3_bucket_lifecycle_configuration.lake",
      "aws_s3_bucket_ownership_controls.lake",
      "aws_s3_bucket_policy.lake",
      "aws_s3_bucket_public_access_block.lake",
      "aws_s3_bucket_server_side_encryption_configuration.lake",
      "aws_s3_bucket_versioning.lake",
    ] : [],
  )
}

# In the state, and not only among the outputs: those are gone after the first destroy, while what it kept is not.
resource "terraform_data" "kept_on_destroy" {
  input = {
    final_snapshot = local.keeps_snapshot ? "${var.name}-${var.final_snapshot.suffix}" : null
    lake_bucket    = local.keeps_lake ? local.lake_bucket : null
    resources      = local.kept_resources
  }
}

output "kept_on_destroy" {
  description = "What `make destroy` leaves behind, and the resources that it doesn't touch for that. `terraform destroy` knows nothing of it: it deletes the keys, and with them what they encrypt."
  value       = terraform_data.kept_on_destroy.input
}

output "console" {
  description = "Links to AWS's console."
  value = {
    function         = "${local.console}/lambda/home?region=${local.region}#/functions/${local.function_names.data_api}"
    state_machine    = "${local.console}/states/home?region=${local.region}#/statemachines/view/${local.state_machine_arn}"
    alias            = "${local.console}/states/home?region=${local.region}#/statemachines/view/${local.state_machine_arn}:${aws_sfn_alias.live.name}"
    latest_execution = "${local.console}/states/home?region=${local.region}#/statemachines/view/${local.state_machine_arn}?tab=executions"
    dashboard        = "${local.console}/cloudwatch/home?region=${local.region}#dashboards/dashboard/${var.name}"
    logs             = "${local.console}/cloudwatch/home?region=${local.region}#logsV2:log-groups/log-group/${replace(aws_cloudwatch_log_group.states.name, "/", "$252F")}"
    warehouse        = local.is_provisioned ? "${local.console}/redshiftv2/home?region=${local.region}#/cluster-details?cluster=${var.name}" : "${local.console}/redshiftv2/home?region=${local.region}#/serverless-dashboard"
  }
}
