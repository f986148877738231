"""Amazon EventBridge: its bus, its rules, and its Scheduler."""
