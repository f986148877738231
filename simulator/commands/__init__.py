"""The commands behind `cli.py`, one module each, loaded when they are asked for."""
