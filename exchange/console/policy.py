"""What a browser may do with a page of the console: the headers of every answer."""

from __future__ import annotations

from collections.abc import Mapping

HEADERS: Mapping[str, str] = {
    # ``no-referrer`` would have a browser say ``Origin: null`` with its own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), usb=()",
    "content-language": "nl",
}


CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Signing in leaves for the provider by a link, which no ``form-action`` needs to allow."""
