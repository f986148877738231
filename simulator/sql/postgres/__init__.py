"""The embedded PostgreSQL: its binaries, its process, its databases, its words."""
