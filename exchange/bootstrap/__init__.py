"""The only place that builds objects from settings, and the only one that knows the adapters."""
