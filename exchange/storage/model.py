"""The whole data model: the tables of all its files, which migrations are held against."""

from __future__ import annotations

from exchange.storage import (
    console_tables,
    figure_tables,
    log_tables,
    retention_tables,
    tables,
)

PARTS = (tables, figure_tables, log_tables, console_tables, retention_tables)
"""Each declares its tables in the same set when it is imported."""

metadata = tables.metadata
