"""Amazon S3 over the local folders of the lake."""

from simulator.services.s3.service import S3

__all__ = ["S3"]
