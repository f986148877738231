"""Stored procedures in PL/pgSQL: parsed, and run outside of PostgreSQL."""
