"""Amazon DynamoDB: tables that are declared or created, with AWS's expressions."""

from simulator.services.dynamodb.service import DynamoDB
from simulator.services.dynamodb.tables import Key, Table

__all__ = ["DynamoDB", "Key", "Table"]
