"""What a Task, a handler's boto3 client or a test can call: each service once, several doors."""
