# The data lake, the bucket with what analysts run, and the bucket with who read both.

resource "aws_s3_bucket" "lake" {
  #checkov:skip=CKV2_AWS_62:nothing waits for a file; the schedule starts the pipeline
  #checkov:skip=CKV_AWS_144:versions protect from mistakes; another region would double the cost of what the source still has

  bucket        = local.lake_bucket
  force_destroy = var.delete_data_on_destroy
  tags          = local.tags
}

resource "aws_s3_bucket_public_access_block" "lake" {
  bucket                  = aws_s3_bucket.lake.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "lake" {
  bucket = aws_s3_bucket.lake.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "lake" {
  bucket = aws_s3_bucket.lake.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.data.arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.lake]
}

resource "aws_s3_bucket_logging" "lake" {
  bucket        = aws_s3_bucket.lake.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "lake/"

  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_s3_bucket_policy" "lake" {
  bucket = aws_s3_bucket.lake.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [merge(local.refuse_plain_http, { Resource = [aws_s3_bucket.lake.arn, "${aws_s3_bucket.lake.arn}/*"] })] # all that is in it
  })

  depends_on = [aws_s3_bucket_public_access_block.lake]
}

resource "aws_s3_bucket" "scripts" {
  #checkov:skip=CKV2_AWS_62:nothing waits for a file; the schedule starts the pipeline
  #checkov:skip=CKV_AWS_144:versions protect from mistakes; another region would double the cost of what the source still has

  bucket = local.scripts_bucket
  # everything in it comes from this repository
  force_destroy = true
  tags          = local.tags
}

resource "aws_s3_bucket_public_access_block" "scripts" {
  bucket                  = aws_s3_bucket.scripts.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "scripts" {
  bucket = aws_s3_bucket.scripts.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "scripts" {
  bucket = aws_s3_bucket.scripts.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "scripts" {
  bucket = aws_s3_bucket.scripts.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.data.arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "scripts" {
  bucket = aws_s3_bucket.scripts.id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.scripts]
}

resource "aws_s3_bucket_logging" "scripts" {
  bucket        = aws_s3_bucket.scripts.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "scripts/"

  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_s3_bucket_policy" "scripts" {
  bucket = aws_s3_bucket.scripts.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [merge(local.refuse_plain_http, { Resource = [aws_s3_bucket.scripts.arn, "${aws_s3_bucket.scripts.arn}/*"] })] # all that is in it
  })

  depends_on = [aws_s3_bucket_public_access_block.scripts]
}

# The definition that is deployed, the SQL of every job, and the analysts' queries and notebook.
locals {
  scripts = merge(
    { for file in fileset("${local.repository}/statemachine/sql", "queries/*.sql") : "sql/${file}" => "${local.repository}/statemachine/sql/${file}" },
    { for file in fileset("${local.repository}/notebooks", "*.ipynb") : "notebooks/${file}" => "${local.repository}/notebooks/${file}" },
  )
}

resource "aws_s3_object" "script" {
  for_each = local.scripts

  bucket      = aws_s3_bucket.scripts.id
  key         = each.key
  source      = each.value
  source_hash = filemd5(each.value)
  tags        = local.tags

  depends_on = [aws_s3_bucket_server_side_encryption_configuration.scripts, aws_s3_bucket_versioning.scripts]
}

resource "aws_s3_object" "definition" {
  bucket       = aws_s3_bucket.scripts.id
  key          = "definition.asl.json"
  content      = local.definition
  content_type = "application/json"
  tags         = local.tags

  depends_on = [aws_s3_bucket_server_side_encryption_configuration.scripts, aws_s3_bucket_versioning.scripts]
}

resource "aws_s3_bucket" "logs" {
  #checkov:skip=CKV2_AWS_62:nothing waits for a file; the schedule starts the pipeline
  #checkov:skip=CKV_AWS_144:versions protect from mistakes; another region would double the cost of what the source still has
  #checkov:skip=CKV_AWS_145:S3 delivers access logs only to buckets with SSE-S3

  bucket = local.logs_bucket
  # who read what; the log goes with what it tells of
  force_destroy = true
  tags          = local.tags
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id

  versioning_configuration {
    status = "Enabled"
  }
}

# Log delivery can't write under a key of ours.
resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "old-logs"
    status = "Enabled"

    filter {}

    expiration {
      days = var.log_retention_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 7
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.logs]
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      merge(local.refuse_plain_http, { Resource = [aws_s3_bucket.logs.arn, "${aws_s3_bucket.logs.arn}/*"] }), # all that is in it
      {
        Sid       = "AccessLogs"
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = ["${aws_s3_bucket.logs.arn}/lake/*", "${aws_s3_bucket.logs.arn}/scripts/*"] # S3 names the files
        Condition = {
          ArnEquals    = { "aws:SourceArn" = [aws_s3_bucket.lake.arn, aws_s3_bucket.scripts.arn] }
          StringEquals = { "aws:SourceAccount" = local.account_id }
        }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.logs]
}

locals {
  refuse_plain_http = {
    Sid       = "RefusePlainHttp"
    Effect    = "Deny"
    Principal = { AWS = "*" } # nobody may
    Action    = "s3:*"        # do anything
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }
}
