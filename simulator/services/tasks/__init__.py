"""What Task states call: functions, AWS SDK and optimized integrations, jobs, and S3 for Maps."""

from simulator.services.tasks.port import Tasks

__all__ = ["Tasks"]
