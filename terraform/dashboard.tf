locals {
  widgets = [
    {
      title = "Executions"
      stat  = "Sum"
      metrics = [
        for metric in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled"] :
        ["AWS/States", metric, "StateMachineArn", local.state_machine_arn]
      ]
    },
    {
      title   = "How long an execution took, in milliseconds"
      stat    = "Maximum"
      metrics = [["AWS/States", "ExecutionTime", "StateMachineArn", local.state_machine_arn]]
    },
    {
      title = "Functions: errors and throttles"
      stat  = "Sum"
      metrics = flatten([
        for name in values(local.function_names) : [
          for metric in ["Errors", "Throttles"] : [["AWS/Lambda", metric, "FunctionName", name]]
        ]
      ])
    },
    {
      title = "Functions: duration in milliseconds"
      stat  = "Maximum"
      metrics = [
        for name in values(local.function_names) : ["AWS/Lambda", "Duration", "FunctionName", name]
      ]
    },
    {
      title = local.is_provisioned ? "Cluster" : "Workgroup"
      stat  = "Maximum"
      metrics = [
        [
          ["AWS/Redshift", "CPUUtilization", "ClusterIdentifier", var.name],
          ["AWS/Redshift", "PercentageDiskSpaceUsed", "ClusterIdentifier", var.name],
          ["AWS/Redshift", "DatabaseConnections", "ClusterIdentifier", var.name],
        ],
        [
          ["AWS/Redshift-Serverless", "ComputeSeconds", "Workgroup", var.name],
          ["AWS/Redshift-Serverless", "DatabaseConnections", "Workgroup", var.name],
        ],
      ][local.is_provisioned ? 0 : 1]
    },
    {
      title   = "Dead letters"
      stat    = "Maximum"
      metrics = [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.dead_letters.name]]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [
      for index, widget in local.widgets : {
        type   = "metric"
        x      = 12 * (index % 2)
        y      = 6 * floor(index / 2)
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          stat    = widget.stat
          metrics = widget.metrics
          region  = local.region
          period  = 300
          view    = "timeSeries"
        }
      }
    ]
  })
}
