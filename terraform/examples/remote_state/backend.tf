# State for a team: copy this file to terraform/backend.tf, with a bucket of your own, and `terraform init
# -migrate-state`. The bucket must be there already, versioned and private: it is what a lost laptop is recovered
# from. S3 itself locks the state (Terraform 1.11): no table is needed.

terraform {
  backend "s3" {
    bucket       = "my-terraform-state"
    key          = "store-sales/terraform.tfstate"
    region       = "us-east-1"
    encrypt      = true
    use_lockfile = true
  }
}
