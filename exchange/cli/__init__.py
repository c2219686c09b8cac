"""The command line: thin commands over ``bootstrap`` and the sandbox, one file per subject."""

from __future__ import annotations

from exchange.cli.app import main

__all__ = ["main"]
