# What is deployed ------------------------------------------------------------------------------

variable "name" {
  description = "What everything is named after, and the cluster's or workgroup's identifier. Two stacks of one account need two names."
  type        = string
  default     = "store-sales"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) >= 3 && length(var.name) <= 32
    error_message = "name: expected 3 to 32 lower case letters, digits and single hyphens, beginning with a letter, such as \"store-sales\"."
  }
}

variable "tags" {
  description = "Tags for everything that can be tagged, besides Project and ManagedBy."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.tags), ["Project", "ManagedBy"])) == 0 && alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags: expected none named Project or ManagedBy, which the stack sets itself, and none beginning with \"aws:\", which AWS keeps."
  }
}

variable "packages_folder" {
  description = "Where `python -m simulator package` put the functions' zips; null for .simulator/packages beside this folder."
  type        = string
  default     = null
}

# Warehouse -------------------------------------------------------------------------------------

variable "warehouse" {
  description = "\"provisioned\" for a Redshift cluster, \"serverless\" for a Redshift Serverless workgroup."
  type        = string
  default     = "provisioned"
  nullable    = false

  validation {
    condition     = contains(["provisioned", "serverless"], var.warehouse)
    error_message = "warehouse: expected \"provisioned\" or \"serverless\"."
  }
}

variable "node_type" {
  description = "The provisioned cluster's node type."
  type        = string
  default     = "ra3.large"
  nullable    = false

  validation {
    condition     = can(regex("^(ra3|rg)\\.[a-z0-9]+$", var.node_type))
    error_message = "node_type: expected an RA3 or RG type such as \"ra3.large\": others can't be relocated, or are no longer sold."
  }
}

variable "number_of_nodes" {
  description = "The provisioned cluster's compute nodes."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.number_of_nodes == floor(var.number_of_nodes) && var.number_of_nodes >= 1 && var.number_of_nodes <= 16
    error_message = "number_of_nodes: expected a whole number from 1 to 16."
  }
}

variable "serverless_base_capacity" {
  description = "The workgroup's base capacity in RPUs."
  type        = number
  default     = 8
  nullable    = false

  validation {
    condition     = contains([4, 8], var.serverless_base_capacity) || (var.serverless_base_capacity > 8 && var.serverless_base_capacity <= 512 && var.serverless_base_capacity % 8 == 0)
    error_message = "serverless_base_capacity: expected 4, or a multiple of 8 from 8 to 512."
  }
}

variable "serverless_daily_rpu_hours" {
  description = "How many RPU-hours the workgroup may use in a day; queries are refused above it."
  type        = number
  default     = 24
  nullable    = false

  validation {
    condition     = var.serverless_daily_rpu_hours == floor(var.serverless_daily_rpu_hours) && var.serverless_daily_rpu_hours >= 1
    error_message = "serverless_daily_rpu_hours: expected a whole number of 1 or more."
  }
}

variable "snapshot_retention_days" {
  description = "How long automated snapshots of the cluster are kept."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.snapshot_retention_days == floor(var.snapshot_retention_days) && var.snapshot_retention_days >= 1 && var.snapshot_retention_days <= 35
    error_message = "snapshot_retention_days: expected a whole number from 1 to 35; 0 would take none."
  }
}

variable "snapshot_schedule" {
  description = "When automated snapshots of the cluster are taken, in UTC: Redshift's rate or cron expressions, at most 24 hours apart. An empty list leaves it to Redshift: about every eight hours, or after 5 GB of changes for each node."
  type        = list(string)
  default     = ["rate(12 hours)"]
  nullable    = false

  validation {
    condition     = alltrue([for expression in var.snapshot_schedule : can(regex("^(rate\\(([1-9]|1[0-9]|2[0-4]) hours?\\)|cron\\([0-9*,/ -]+( [A-Z0-9*,/ -]+)+\\))$", expression))])
    error_message = "snapshot_schedule: expected expressions such as \"rate(12 hours)\" or \"cron(30 12 *)\"."
  }
}

variable "final_snapshot" {
  description = "Whether destroying the cluster takes a last snapshot first, named NAME-SUFFIX. A snapshot of that name must not be there: change the suffix before a second destroy."
  type = object({
    enabled = optional(bool, true)
    suffix  = optional(string, "final")
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[a-z0-9]+(-[a-z0-9]+)*$", var.final_snapshot.suffix))
    error_message = "final_snapshot.suffix: expected lower case letters, digits and single hyphens, such as \"final-2\"."
  }
}

variable "client_cidr_blocks" {
  description = "From where SQL clients may connect to the warehouse's port, through the VPC. The pipeline and the notebooks need none: they use the Data API."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for block in var.client_cidr_blocks : can(cidrhost(block, 0)) && !endswith(block, "/0")])
    error_message = "client_cidr_blocks: expected CIDR blocks such as \"10.1.0.0/16\", and not the whole Internet."
  }
}

# Network ---------------------------------------------------------------------------------------

variable "vpc_cidr_block" {
  description = "The address range of the VPC that is made; not used with existing_vpc."
  type        = string
  default     = "10.20.0.0/20"
  nullable    = false

  validation {
    condition     = can(cidrsubnet(var.vpc_cidr_block, 4, 0)) && try(tonumber(split("/", var.vpc_cidr_block)[1]) >= 16 && tonumber(split("/", var.vpc_cidr_block)[1]) <= 22, false)
    error_message = "vpc_cidr_block: expected a CIDR block of /16 to /22 such as \"10.20.0.0/20\"."
  }
}

variable "existing_vpc" {
  description = "A VPC that is there already, with private subnets in different zones (three for Serverless) that reach S3 through a gateway endpoint; null makes one."
  type = object({
    id         = string
    subnet_ids = list(string)
  })
  default = null

  validation {
    condition     = var.existing_vpc == null || try(startswith(var.existing_vpc.id, "vpc-") && alltrue([for id in var.existing_vpc.subnet_ids : startswith(id, "subnet-")]), false)
    error_message = "existing_vpc: expected an id such as \"vpc-0123\" and subnet_ids such as [\"subnet-0123\"]."
  }

  validation {
    condition     = var.existing_vpc == null || try(length(distinct(var.existing_vpc.subnet_ids)) >= (var.warehouse == "serverless" ? 3 : 1), false)
    error_message = "existing_vpc.subnet_ids: expected at least one subnet, and three in different zones for Redshift Serverless."
  }
}

variable "functions_in_vpc" {
  description = "Runs the functions in the VPC, with interface endpoints for the services that they call. They call nothing but AWS's APIs, so it adds isolation and about 7 USD a month for each endpoint and zone."
  type        = bool
  default     = false
  nullable    = false
}

# Lake ------------------------------------------------------------------------------------------

variable "lake_bucket_name" {
  description = "The data lake's bucket, in a namespace shared by all of AWS; null for NAME-lake-ACCOUNT-REGION."
  type        = string
  default     = null

  validation {
    # as the Data API function accepts it in an S3 path
    condition     = var.lake_bucket_name == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.lake_bucket_name))
    error_message = "lake_bucket_name: expected 3 to 63 lower case letters, digits and hyphens."
  }
}

variable "delete_data_on_destroy" {
  description = "Whether destroying the stack deletes what is in its buckets; otherwise a bucket with data in it stays, and says so."
  type        = bool
  default     = false
  nullable    = false
}

# Pipeline: the same settings and defaults as in simulator.toml ---------------------------------

variable "time_zone" {
  description = "The IANA time zone of the schedule, of the day that it loads, and of the deadline."
  type        = string
  default     = "America/New_York"
  nullable    = false

  validation {
    condition     = can(regex("^(UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_+-]+){1,2})$", var.time_zone))
    error_message = "time_zone: expected an IANA name such as \"America/New_York\" or \"UTC\"."
  }
}

variable "wait_seconds" {
  description = "How long to wait between two looks at a statement."
  type        = number
  default     = 15
  nullable    = false

  validation {
    condition     = var.wait_seconds == floor(var.wait_seconds) && var.wait_seconds >= 1 && var.wait_seconds <= 600
    error_message = "wait_seconds: expected a whole number from 1 to 600."
  }
}

variable "job_timeout_seconds" {
  description = "How long one job's SQL may take; then it is cancelled."
  type        = number
  default     = 8100
  nullable    = false

  validation {
    # The Data API ends a statement after 24 hours. Five jobs of ceil(timeout / wait) polls of 9 events, and what
    # stands around them, must stay below the 25,000 events that an execution may have.
    condition     = var.job_timeout_seconds == floor(var.job_timeout_seconds) && var.job_timeout_seconds >= 60 && var.job_timeout_seconds <= 86400 && 5 * 9 * ceil(var.job_timeout_seconds / var.wait_seconds) < 24500
    error_message = "job_timeout_seconds: expected a whole number from 60 to 86400, and at most 540 times wait_seconds: a longer job fills the execution's history, which ends at 25,000 events. Raise wait_seconds with it."
  }
}

variable "cluster_wait_seconds" {
  description = "How long to wait between two looks at a cluster that is being resumed."
  type        = number
  default     = 15
  nullable    = false

  validation {
    condition     = var.cluster_wait_seconds == floor(var.cluster_wait_seconds) && var.cluster_wait_seconds >= 1 && var.cluster_wait_seconds <= 300
    error_message = "cluster_wait_seconds: expected a whole number from 1 to 300."
  }
}

variable "cluster_timeout_seconds" {
  description = "How long a cluster may take to become available."
  type        = number
  default     = 1200
  nullable    = false

  validation {
    condition     = var.cluster_timeout_seconds == floor(var.cluster_timeout_seconds) && var.cluster_timeout_seconds >= 60 && var.cluster_timeout_seconds <= 7200
    error_message = "cluster_timeout_seconds: expected a whole number from 60 to 7200."
  }
}

variable "execution_timeout_seconds" {
  description = "How long an execution may take."
  type        = number
  default     = 36000
  nullable    = false

  validation {
    condition     = var.execution_timeout_seconds == floor(var.execution_timeout_seconds) && var.execution_timeout_seconds > 4 * var.job_timeout_seconds + var.cluster_timeout_seconds
    error_message = "execution_timeout_seconds: expected a whole number above four jobs in a row and the cluster: 4 * job_timeout_seconds + cluster_timeout_seconds."
  }
}

variable "pause_cluster_after" {
  description = "Whether an execution's end pauses the cluster, unless another one needs it."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !(var.pause_cluster_after && var.warehouse == "serverless")
    error_message = "pause_cluster_after: expected false with Redshift Serverless, which has nothing to pause and costs nothing while it is idle."
  }
}

# Schedule --------------------------------------------------------------------------------------

variable "schedule_enabled" {
  description = "Whether the schedule starts executions by itself."
  type        = bool
  default     = true
  nullable    = false
}

variable "schedule_time" {
  description = "When the pipeline starts each day, in time_zone: early enough for business to begin at 9:00."
  type        = string
  default     = "05:00"
  nullable    = false

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.schedule_time))
    error_message = "schedule_time: expected a time such as \"05:00\"."
  }
}

variable "deadline_time" {
  description = "When somebody is told that the day is not loaded yet, in time_zone: before business begins at 9:00."
  type        = string
  default     = "08:45"
  nullable    = false

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.deadline_time))
    error_message = "deadline_time: expected a time such as \"08:45\"."
  }

  validation {
    # fixed width, so text sorts as time does
    condition     = sort([var.schedule_time, var.deadline_time])[0] == var.schedule_time && var.schedule_time != var.deadline_time
    error_message = "deadline_time: expected a time of the same day, after schedule_time."
  }
}

variable "pause_schedule" {
  description = "Pauses the cluster each day at `pause`, and stops the upstream source where one is named; resumes both at `resume`. In time_zone; null for no such schedule."
  type = object({
    pause  = string
    resume = string
  })
  default = null

  validation {
    condition     = var.pause_schedule == null || try(alltrue([for time in values(var.pause_schedule) : can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", time))]), false)
    error_message = "pause_schedule: expected times such as { pause = \"20:00\", resume = \"04:30\" }."
  }

  validation {
    condition     = var.pause_schedule == null || var.warehouse == "provisioned"
    error_message = "pause_schedule: expected null with Redshift Serverless, which has nothing to pause."
  }
}

variable "upstream_source" {
  description = "What fills the lake, if it is to be stopped and started along with the cluster: a DMS task, an RDS instance, or both. They are named here, not made."
  type = object({
    dms_replication_task_arn = optional(string)
    rds_instance_identifier  = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.upstream_source.dms_replication_task_arn == null || can(regex("^arn:aws[a-z-]*:dms:[a-z0-9-]+:[0-9]{12}:task:[A-Za-z0-9-]+$", var.upstream_source.dms_replication_task_arn))
    error_message = "upstream_source.dms_replication_task_arn: expected an ARN such as \"arn:aws:dms:us-east-1:123456789012:task:ABC\"."
  }

  validation {
    condition     = var.upstream_source.rds_instance_identifier == null || can(regex("^[a-z][a-z0-9-]{0,62}$", var.upstream_source.rds_instance_identifier))
    error_message = "upstream_source.rds_instance_identifier: expected an instance's identifier such as \"store-sales-oracle\"."
  }
}

variable "state_machine_version" {
  description = "The version that the alias points to, to go back to one that worked: its number. Null for the newest."
  type        = number
  default     = null

  validation {
    condition     = var.state_machine_version == null || try(var.state_machine_version == floor(var.state_machine_version) && var.state_machine_version >= 1, false)
    error_message = "state_machine_version: expected a version's number, 1 or more."
  }
}

# Functions -------------------------------------------------------------------------------------

variable "reserved_concurrency" {
  description = "How many invocations of each function may run at once; -1 for no limit of its own, where the account's quota is too low to reserve any."
  type = object({
    data_api   = optional(number, 10)
    operations = optional(number, 5)
    clean_up   = optional(number, 5)
    set_up     = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    # a Parallel with two branches polls with two at once
    condition     = alltrue([for name, limit in var.reserved_concurrency : limit == -1 || (limit == floor(limit) && limit >= (name == "data_api" ? 2 : 1))])
    error_message = "reserved_concurrency: expected -1 or whole numbers of 1 or more, and 2 or more for data_api, which two branches call at once."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept, the warehouse's audit logs included."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days: expected a number of days that CloudWatch Logs knows, such as 30, 90 or 365."
  }
}

# Whom to tell, and what it may cost ------------------------------------------------------------

variable "analyst_emails" {
  description = "Who is told that the day is loaded, and that it isn't at the deadline. Each gets a mail to confirm."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.analyst_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "analyst_emails: expected mail addresses."
  }
}

variable "engineer_emails" {
  description = "Who is told of failures and alarms. Each gets a mail to confirm."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.engineer_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "engineer_emails: expected mail addresses."
  }
}

variable "slow_execution_minutes" {
  description = "An execution that took longer raises an alarm."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.slow_execution_minutes >= 1
    error_message = "slow_execution_minutes: expected 1 or more."
  }
}

variable "monthly_budget_usd" {
  description = "What the stack may cost in a month; the engineers are told at 80 percent, and when it is forecast to be passed. It counts by the tag Project, which must be activated as a cost allocation tag. Null for no budget."
  type        = number
  default     = 500

  validation {
    condition     = var.monthly_budget_usd == null || try(var.monthly_budget_usd > 0, false)
    error_message = "monthly_budget_usd: expected more than 0, or null."
  }
}

variable "notebook_enabled" {
  description = "Whether to make a SageMaker notebook instance with the analyst's notebook."
  type        = bool
  default     = false
  nullable    = false
}

variable "notebook_instance_type" {
  description = "The notebook instance's type."
  type        = string
  default     = "ml.t3.medium"
  nullable    = false

  validation {
    condition     = can(regex("^ml\\.[a-z0-9]+\\.[a-z0-9]+$", var.notebook_instance_type))
    error_message = "notebook_instance_type: expected a type such as \"ml.t3.medium\"."
  }
}

variable "secret_recovery_days" {
  description = "How long a deleted secret can be brought back; 0 deletes it at once."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.secret_recovery_days == 0 || (var.secret_recovery_days == floor(var.secret_recovery_days) && var.secret_recovery_days >= 7 && var.secret_recovery_days <= 30)
    error_message = "secret_recovery_days: expected 0, or a whole number from 7 to 30."
  }
}
