"""The pages, one subject per module, found by name: each exposes ``ROUTES``."""

from __future__ import annotations

import importlib
import pkgutil

from starlette.routing import Route


def all_routes() -> tuple[Route, ...]:
    """Collect ``ROUTES`` of every page, in order of their names; paths start at ``/console``."""
    found: list[Route] = []
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            found += importlib.import_module(f"{__name__}.{module.name}").ROUTES
    return tuple(found)
