"""Redshift's commands that are no queries: a grammar for each, text out."""
