"""A project's Terraform stack, deployed and operated: on AWS, on LocalStack, on the local port.

`targets` says where, `terraform` runs Terraform there, `stack` reads what it made; `following`,
`queries`, `pauses` and `uploads` operate it through boto3, the same for every target.
"""
