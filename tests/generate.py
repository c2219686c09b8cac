"""Writes what is generated: each message's JSON Schema, the description of the API, the law page.

``python -m tests.generate`` writes; ``--check`` only compares, names what differs and then ends
with 1. A test does the same comparison, so that nothing generated drifts unseen.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema
from starlette.types import ASGIApp

from exchange.api.app import build_app
from exchange.api.visit import Door
from exchange.messages.contracts import CONTRACTS
from exchange.messages.soort import Soort
from exchange.pipeline.gateway import Gateway
from exchange.telemetry.metrics import Metrics
from tests.dpia_page import dpia_page
from tests.law_page import law_page
from tests.retention_page import retention_page

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = ROOT / "schemas"
OPENAPI = ROOT / "openapi" / "openapi.json"
LAW_PAGE = ROOT / "docs" / "law.md"
DPIA_PAGE = ROOT / "docs" / "dpia-bijlage.md"
RETENTION_PAGE = ROOT / "docs" / "retention.md"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_VERSION = "v1"


def main(arguments: list[str]) -> int:
    """Write every generated file, or with ``--check`` only compare."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    differing = [path for path, text in generated().items() if _standing(path) != text]
    if not arguments:
        for path in differing:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generated()[path], "utf-8")
    for path in differing:
        sys.stdout.write(f"{'differs' if arguments else 'written'}: {path.relative_to(ROOT)}\n")
    return 1 if arguments and differing else 0


def generated() -> Mapping[Path, str]:
    """Give the text of every generated file, by its place."""
    schemas = {folder(soort) / "schema.json": pretty(schema_of(soort)) for soort in CONTRACTS}
    return {
        **schemas,
        OPENAPI: pretty(openapi()),
        LAW_PAGE: law_page(),
        DPIA_PAGE: dpia_page(),
        RETENTION_PAGE: retention_page(),
    }


def folder(soort: Soort) -> Path:
    """Give the place of a message's schema, its examples and its faulty examples."""
    return SCHEMAS / soort.value / _VERSION


def schema_of(soort: Soort) -> dict[str, Any]:
    """Give the JSON Schema of one kind of message."""
    contract = CONTRACTS[soort]
    schema = contract.adapter.json_schema(by_alias=True, schema_generator=_WithoutFieldTitles)
    return {"$schema": DIALECT, **schema}


def openapi() -> dict[str, Any]:
    """Give the description of the application; a test compares it with what is served."""
    edge: Any = application()
    document: dict[str, Any] = edge._app._v1.openapi()
    return document


def application() -> ASGIApp:
    """Build the public application over no gateway: enough to describe it."""
    return build_app(Door(cast(Gateway, None), lambda _: None, _nothing), Metrics())


def pretty(document: Mapping[str, Any]) -> str:
    """Write JSON so that a reader and a diff can follow it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _standing(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


async def _nothing() -> None: ...


class _WithoutFieldTitles(GenerateJsonSchema):
    """Leaves out the titles that only repeat a member's name."""

    def field_title_should_be_set(self, schema: object) -> bool:
        """Say no."""
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
