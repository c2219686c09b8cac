"""Verzuim Exchange: the gateway between schools and everyone who may know about their absence."""

__version__ = "0.1.0"
