"""One file for each kind of state: how its fields compile and what it does when entered."""
