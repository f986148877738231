"""Redshift's queries as PostgreSQL's: trees in, text out."""
