"""Times the simulator beside its peers and beside floors, in one run: only ratios count."""
