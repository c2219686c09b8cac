"""School-level figures nobody can take apart: tally, tabulate, protect, audit, publish."""
