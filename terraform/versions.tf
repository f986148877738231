terraform {
  # 1.11 is what it was tried with; 1.x keeps what 1.11 reads.
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
