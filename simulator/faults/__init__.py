"""Failures on purpose, as data: plans, the sources of choice that follow them, and what replays.

A service announces where it can fail by asking (`World.pick`), so nothing here knows a service;
only the names of what can be asked and answered stand in `plan`.
"""
