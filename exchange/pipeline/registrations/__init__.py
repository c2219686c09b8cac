"""Registrations on their way in: the same steps as every message, taken line by line."""
