"""Runs compiled definitions in virtual time: the only clock, the only trace, no AWS service."""
