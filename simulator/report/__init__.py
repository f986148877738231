"""What a run was, for people and for programs. Pure: a history in AWS's shape goes in.

Working on GetExecutionHistory's events, and not on the engine's own trace, the same reports serve
a history that AWS wrote.
"""
