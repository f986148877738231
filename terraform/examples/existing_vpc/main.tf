# Redshift Serverless in a VPC that is there already: three private subnets in different zones, and a gateway endpoint
# for S3 in their route tables.

terraform {
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

module "pipeline" {
  source = "../.."

  warehouse = "serverless"
  existing_vpc = {
    id         = "vpc-0123456789abcdef0"
    subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1", "subnet-0123456789abcdef2"]
  }
}
