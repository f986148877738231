"""Folders for files that end with their process, for the services and the port."""

from __future__ import annotations

from simulator.sql.loading.scratch import folder

__all__ = ["folder"]
