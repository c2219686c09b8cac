"""Plain SQL as a migration: what a database administrator reads is what runs."""

from __future__ import annotations

from alembic import op


def run(script: str) -> None:
    """Run statements that are separated by a semicolon and an empty line.

    They go to the driver as they are: no parameter is looked for in them.
    """
    for statement in script.strip().removesuffix(";").split(";\n\n"):
        op.get_bind().exec_driver_sql(statement)
