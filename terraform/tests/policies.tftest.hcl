# Who may do what, written out: the Python tests read the policies from these applies and hold them against the calls
# that simulated runs make. ARNs are different here, so that a policy for the wrong bucket shows.

mock_provider "aws" {
  source = "./tests"
}

override_resource {
  target = aws_iam_role.function["data_api"]
  values = { arn = "arn:aws:iam::123456789012:role/StoreSalesRedshiftDataApi", unique_id = "AROADATAAPIDATAAPIDAT" }
}

override_resource {
  target = aws_iam_role.function["set_up"]
  values = { arn = "arn:aws:iam::123456789012:role/StoreSalesRedshiftSetUp", unique_id = "AROASETUPSETUPSETUPSE" }
}

override_resource {
  target = aws_iam_role.function["operations"]
  values = { arn = "arn:aws:iam::123456789012:role/StoreSalesRedshiftOperations", unique_id = "AROAOPERATIONSOPERATI" }
}

override_resource {
  target = aws_iam_role.states
  values = { arn = "arn:aws:iam::123456789012:role/StoreSalesETLStateMachine", unique_id = "AROASTATESSTATESSTATE" }
}

override_resource {
  target = aws_iam_role.scheduler
  values = { arn = "arn:aws:iam::123456789012:role/store-sales-scheduler", unique_id = "AROASCHEDULERSCHEDULE" }
}

override_resource {
  target = aws_s3_bucket.lake
  values = { arn = "arn:aws:s3:::store-sales-lake" }
}

override_resource {
  target = aws_s3_bucket.scripts
  values = { arn = "arn:aws:s3:::store-sales-scripts" }
}

override_resource {
  target = aws_kms_key.data
  values = { arn = "arn:aws:kms:us-east-1:123456789012:key/data", key_id = "data" }
}

override_resource {
  target = aws_kms_key.warehouse
  values = { arn = "arn:aws:kms:us-east-1:123456789012:key/warehouse", key_id = "warehouse" }
}

override_resource {
  target = aws_secretsmanager_secret.analyst
  values = { arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:store-sales/analyst-1-AbCdEf" }
}

override_resource {
  target = aws_secretsmanager_secret.etl
  values = { arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:store-sales/etl_user-1-AbCdEf" }
}

override_resource {
  target = aws_redshift_cluster.this
  values = {
    master_password_secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:redshift!store-sales-AbCdEf"
    cluster_namespace_arn      = "arn:aws:redshift:us-east-1:123456789012:namespace:1"
  }
}

override_resource {
  target = aws_iam_policy.analyst_secret
  values = { arn = "arn:aws:iam::123456789012:policy/store-sales-analyst-secret" }
}

override_resource {
  target = aws_iam_policy.analyst_data_api
  values = { arn = "arn:aws:iam::123456789012:policy/store-sales-analyst-data-api" }
}

override_resource {
  target = aws_lambda_function.this["clean_up"]
  values = { arn = "arn:aws:lambda:us-east-1:123456789012:function:StoreSalesRedshiftCleanUp" }
}

override_resource {
  target = aws_sqs_queue.dead_letters
  values = { arn = "arn:aws:sqs:us-east-1:123456789012:store-sales-dead-letters" }
}

override_resource {
  target = aws_sns_topic.analysts
  values = { arn = "arn:aws:sns:us-east-1:123456789012:store-sales-analysts" }
}

override_resource {
  target = aws_sns_topic.engineers
  values = { arn = "arn:aws:sns:us-east-1:123456789012:store-sales-engineers" }
}

override_resource {
  target = aws_sfn_alias.live
  values = { arn = "arn:aws:states:us-east-1:123456789012:stateMachine:StoreSalesETLStateMachine:live" }
}

override_resource {
  target = aws_cloudwatch_log_group.flow
  values = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vpc/store-sales" }
}

variables {
  lake_bucket_name = "store-sales-lake"
}

run "plain" {
  command = apply

  assert {
    condition     = strcontains(aws_iam_role_policy.copy.policy, "arn:aws:s3:::store-sales-lake")
    error_message = "The lake's ARN is not in COPY's policy."
  }
}

run "everything" {
  command = apply

  variables {
    pause_cluster_after = true
    functions_in_vpc    = true
    notebook_enabled    = true
    pause_schedule      = { pause = "20:00", resume = "04:30" }
    upstream_source = {
      dms_replication_task_arn = "arn:aws:dms:us-east-1:123456789012:task:ABC"
      rds_instance_identifier  = "store-sales-oracle"
    }
    analyst_emails  = ["analyst@example.com"]
    engineer_emails = ["engineer@example.com"]
  }

  assert {
    condition     = length(aws_iam_role_policy.notebook) == 1
    error_message = "The notebook's policy is not there."
  }
}

run "serverless" {
  command = apply

  variables {
    warehouse = "serverless"
  }

  assert {
    condition     = length(aws_secretsmanager_secret.etl) == 1
    error_message = "The ETL user's secret is not there."
  }
}
