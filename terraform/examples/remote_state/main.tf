# Another stack reads this one's outputs from there, for instance to let a role of its own sign in as the analyst.

terraform {
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

data "terraform_remote_state" "pipeline" {
  backend = "s3"

  config = {
    bucket = "my-terraform-state"
    key    = "store-sales/terraform.tfstate"
    region = "us-east-1"
  }
}

resource "aws_iam_role_policy_attachment" "reports" {
  for_each = toset(data.terraform_remote_state.pipeline.outputs.analyst_policy_arns)

  role       = "reports"
  policy_arn = each.key
}
