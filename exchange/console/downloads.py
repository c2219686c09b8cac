"""An answer that a browser saves as a file, and never shows."""

from __future__ import annotations

from starlette.responses import Response


def download(content: bytes, name: str, media_type: str) -> Response:
    """Give ``content`` as a file; ``name`` is ours, never what a visitor typed."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type=media_type)
