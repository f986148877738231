# A VPC without a way to the Internet, or one that is there already. Nothing in it is reached from outside: SQL comes
# through the Data API.

data "aws_availability_zones" "available" {
  #checkov:skip=CKV_AWS_394:subnets ignore a zone that moves in the list

  state = "available"

  filter {
    # no local zones: Redshift isn't there
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  makes_vpc = var.existing_vpc == null
  # Redshift Serverless wants three
  zone_count = 3
  vpc_id     = local.makes_vpc ? one(aws_vpc.this[*].id) : var.existing_vpc.id
  subnet_ids = local.makes_vpc ? aws_subnet.private[*].id : var.existing_vpc.subnet_ids

  # the services that functions and notebook call, where they have no other way to them
  needs_endpoints    = var.functions_in_vpc || var.notebook_enabled
  endpoint_services  = ["lambda", "logs", "redshift", "redshift-data", "secretsmanager", "states", "xray"]
  interface_services = local.needs_endpoints ? toset(local.endpoint_services) : toset([])
}

resource "aws_vpc" "this" {
  count = local.makes_vpc ? 1 : 0

  cidr_block           = var.vpc_cidr_block
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge(local.tags, { Name = var.name })
}

# Whatever is made without a group of its own reaches nothing.
resource "aws_default_security_group" "this" {
  count = local.makes_vpc ? 1 : 0

  vpc_id = aws_vpc.this[0].id
  tags   = merge(local.tags, { Name = "${var.name}-default" })
}

resource "aws_subnet" "private" {
  count = local.makes_vpc ? local.zone_count : 0

  vpc_id                  = aws_vpc.this[0].id
  availability_zone       = data.aws_availability_zones.available.names[count.index]
  cidr_block              = cidrsubnet(var.vpc_cidr_block, 4, count.index)
  map_public_ip_on_launch = false
  tags                    = merge(local.tags, { Name = "${var.name}-private-${count.index + 1}" })

  lifecycle {
    # a zone that AWS adds must not move the others' subnets
    ignore_changes = [availability_zone]
  }
}

resource "aws_route_table" "private" {
  count = local.makes_vpc ? 1 : 0

  vpc_id = aws_vpc.this[0].id
  tags   = merge(local.tags, { Name = "${var.name}-private" })
}

resource "aws_route_table_association" "private" {
  count = local.makes_vpc ? local.zone_count : 0

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[0].id
}

# COPY reads the lake through it, since enhanced VPC routing keeps the warehouse's traffic in the VPC.
resource "aws_vpc_endpoint" "s3" {
  count = local.makes_vpc ? 1 : 0

  vpc_id            = aws_vpc.this[0].id
  service_name      = "com.amazonaws.${local.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private[0].id]
  tags              = merge(local.tags, { Name = "${var.name}-s3" })
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interface_services

  vpc_id              = local.vpc_id
  service_name        = "com.amazonaws.${local.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = local.subnet_ids
  security_group_ids  = aws_security_group.endpoints[*].id
  tags                = merge(local.tags, { Name = "${var.name}-${each.key}" })
}

data "aws_prefix_list" "s3" {
  name = "com.amazonaws.${local.region}.s3"
}

resource "aws_security_group" "warehouse" {
  name        = "${var.name}-warehouse"
  description = "The warehouse: SQL clients in, S3 out"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-warehouse" })
}

resource "aws_vpc_security_group_ingress_rule" "warehouse_clients" {
  for_each = toset(var.client_cidr_blocks)

  security_group_id = aws_security_group.warehouse.id
  description       = "SQL clients"
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 5439
  to_port           = 5439
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "warehouse_to_s3" {
  security_group_id = aws_security_group.warehouse.id
  description       = "COPY from the lake"
  prefix_list_id    = data.aws_prefix_list.s3.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = local.tags
}

resource "aws_security_group" "functions" {
  count = local.needs_endpoints ? 1 : 0

  name        = "${var.name}-functions"
  description = "Functions and notebook: nothing in, endpoints and S3 out"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-functions" })
}

resource "aws_vpc_security_group_egress_rule" "functions_to_endpoints" {
  count = local.needs_endpoints ? 1 : 0

  security_group_id            = aws_security_group.functions[0].id
  description                  = "AWS's APIs"
  referenced_security_group_id = aws_security_group.endpoints[0].id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "functions_to_s3" {
  count = local.needs_endpoints ? 1 : 0

  security_group_id = aws_security_group.functions[0].id
  description       = "The notebook's file"
  prefix_list_id    = data.aws_prefix_list.s3.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = local.tags
}

resource "aws_security_group" "endpoints" {
  count = local.needs_endpoints ? 1 : 0

  name        = "${var.name}-endpoints"
  description = "Interface endpoints: functions and notebook in"
  vpc_id      = local.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-endpoints" })
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_from_functions" {
  count = local.needs_endpoints ? 1 : 0

  security_group_id            = aws_security_group.endpoints[0].id
  description                  = "Functions and notebook"
  referenced_security_group_id = aws_security_group.functions[0].id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  tags                         = local.tags
}

# Who talked to whom, for an investigation.
resource "aws_flow_log" "this" {
  count = local.makes_vpc ? 1 : 0

  vpc_id               = aws_vpc.this[0].id
  traffic_type         = "ALL"
  log_destination_type = "cloud-watch-logs"
  log_destination      = aws_cloudwatch_log_group.flow[0].arn
  iam_role_arn         = aws_iam_role.flow[0].arn
  tags                 = merge(local.tags, { Name = var.name })
}

resource "aws_cloudwatch_log_group" "flow" {
  count = local.makes_vpc ? 1 : 0

  name              = "/aws/vpc/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.data.arn
  tags              = local.tags
}

resource "aws_iam_role" "flow" {
  count = local.makes_vpc ? 1 : 0

  name = "${var.name}-flow-log"
  tags = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "flow" {
  count = local.makes_vpc ? 1 : 0

  name = "write-log"
  role = aws_iam_role.flow[0].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        Resource = ["${aws_cloudwatch_log_group.flow[0].arn}:*"] # the service names the streams
      },
      {
        Sid      = "FindLog"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogGroups"]
        Resource = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:*"] # it lists all of them
      },
    ]
  })
}
