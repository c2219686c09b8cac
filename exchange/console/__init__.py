"""The console of the privacy officer: pages over what was processed, for who signed in."""
