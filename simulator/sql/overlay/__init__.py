"""Redshift's functions in PostgreSQL's SQL."""
