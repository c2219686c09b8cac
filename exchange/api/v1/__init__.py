"""Version 1: one file per resource, each with its own router."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = tuple(
    import_module(f"{__name__}.{module.name}").router
    for module in pkgutil.iter_modules(__path__)
    if not module.name.startswith("_")
)
"""The routers of all resources: a new file in this folder is a new resource."""
