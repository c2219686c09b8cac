"""What to try next: one call to paste, and where to look."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from rich.text import Text

from exchange.sandbox.layout import Layout


def next_steps(
    layout: Layout, base_url: str, operator_url: str, console: str, example: Mapping[str, Any]
) -> Text:
    """Give what to do now: paste one call, open the console, look in the journals.

    ``console`` is a link that signs in once; the command that makes another stands below it.
    """
    another = f"exchange console link fg --dir {shlex.quote(str(layout.root))}"
    places = [
        ("console", f"{console} (werkt één keer)"),
        ("", f"nog een keer: {another} (of school-99AA, leerplicht-0361)"),
        *(("ontvangen", path) for path in sorted(layout.receivers.glob("*.ndjson"))),
        ("bediening", f"{operator_url}/readyz en {operator_url}/metrics"),
        ("gegevens", layout.announcement),
        ("logboeken", layout.logs),
        ("stoppen", "Ctrl-C; een volgende start gaat hiermee verder"),
    ]
    listed = "".join(f"  {what:<11} {place}\n" for what, place in places)
    return Text.assemble(
        ("\nZelf een signaal sturen\n", "bold"),
        _curl(layout, base_url, example),
        ("\n\nVerder kijken\n", "bold"),
        listed,
    )


def _curl(layout: Layout, base_url: str, example: Mapping[str, Any]) -> str:
    """Give a call that can be pasted as it stands, whatever the folder is called."""
    files = {
        "--cacert": layout.ca,
        "--cert": layout.certificate("las-noord"),
        "--key": layout.private_key("las-noord"),
    }
    members = (f'"{name}": {json.dumps(value)}' for name, value in example.items())
    body = "{\n  " + ",\n  ".join(members) + "\n}"
    lines = [
        f"curl {base_url}/v1/signalen",
        *(f"{option} {shlex.quote(str(path))}" for option, path in files.items()),
        '-H "Content-Type: application/json" -H "Idempotency-Key: $(date +%s)"',
        f"-d {shlex.quote(body)}",
    ]
    return " \\\n  ".join(lines)
