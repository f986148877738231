# The Store Sales pipeline on AWS. What is simulated is what is deployed: the definition, the SQL and the functions
# are the files of statemachine/ and lambda/, and simulator.toml has the same substitutions as here.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  tags = merge(var.tags, { Project = var.name, ManagedBy = "terraform" })

  repository = "${path.module}/.."
  pascal     = join("", [for part in split("-", var.name) : title(part)])

  is_provisioned = var.warehouse == "provisioned"

  # What statemachine/sql/setup names.
  database     = "dev"
  etl_user     = "etl_user"
  analyst_user = "analyst"
  admin_user   = "awsuser"

  # ARNs are written out where the attribute would be known only after the apply: so the definition and the policies
  # are complete in the plan, where AWS checks the first and a reviewer reads both.
  iam_prefix    = "arn:${local.partition}:iam::${local.account_id}"
  lambda_prefix = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function"
  states_prefix = "arn:${local.partition}:states:${local.region}:${local.account_id}"

  state_machine_name = "${local.pascal}ETLStateMachine"
  state_machine_arn  = "${local.states_prefix}:stateMachine:${local.state_machine_name}"
  execution_arns     = "${local.states_prefix}:execution:${local.state_machine_name}:*" # whatever their names
  copy_role_name     = "${var.name}-copy"
  copy_role_arn      = "${local.iam_prefix}:role/${local.copy_role_name}"
  cluster_arn        = "arn:${local.partition}:redshift:${local.region}:${local.account_id}:cluster:${var.name}"

  lake_bucket    = coalesce(var.lake_bucket_name, "${var.name}-lake-${local.account_id}-${local.region}")
  scripts_bucket = "${var.name}-scripts-${local.account_id}-${local.region}"
  logs_bucket    = "${var.name}-logs-${local.account_id}-${local.region}"
}

# The definition, exactly as `python -m simulator render` prints it for the same values.
locals {
  # Where and as whom the SQL runs: members of the Data API's request. On a cluster the function gets temporary
  # credentials for the ETL user; a workgroup would give it a user of its role's name, so it has a secret there.
  # An index instead of ?: lets the two have different members.
  connection = [
    { ClusterIdentifier = var.name, Database = local.database, DbUser = local.etl_user },
    { WorkgroupName = var.name, Database = local.database, SecretArn = one(aws_secretsmanager_secret.etl[*].arn) },
  ][local.is_provisioned ? 0 : 1]

  sql = {
    for job in ["build_db", "customer_address", "item", "store_sales", "validate"] :
    "${job}_sql" => jsonencode([
      for file in sort(fileset("${local.repository}/statemachine/sql/${job}", "*.sql")) :
      file("${local.repository}/statemachine/sql/${job}/${file}")
    ])
  }

  substitutions = merge(local.sql, {
    data_api_function_arn     = "${local.lambda_prefix}:${local.function_names.data_api}"
    operations_function_arn   = "${local.lambda_prefix}:${local.function_names.operations}"
    lambda_retry              = jsonencode(jsondecode(file("${local.repository}/statemachine/lambda_retry.json")))
    connection                = jsonencode(local.connection)
    cluster_identifier        = local.is_provisioned ? var.name : ""
    reader                    = local.analyst_user
    lake_bucket               = local.lake_bucket
    copy_role_arn             = local.copy_role_arn
    time_zone                 = var.time_zone
    wait_seconds              = var.wait_seconds
    job_timeout_seconds       = var.job_timeout_seconds
    cluster_wait_seconds      = var.cluster_wait_seconds
    cluster_timeout_seconds   = var.cluster_timeout_seconds
    execution_timeout_seconds = var.execution_timeout_seconds
    pause_cluster_after       = var.pause_cluster_after
  })

  definition = templatefile("${local.repository}/statemachine/store_sales_etl.asl.json", local.substitutions)
}
