"""User code in virtual time: greenlets, their clocks, and boto3 answered in process."""
