"""Makes the HTTP client of a party: its own certificate, our CA, and nothing else is trusted.

Not even the gateway is: an answer has an end in seconds and in bytes, whoever gives it.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

import httpx

from adapters.bounded import BoundedTransport
from adapters.complaint import out_of_service
from adapters.tls import only_strong

WHOLE: Final = 6
ANSWER_BYTES: Final = 64 * 1024 * 1024
"""Larger than any levering; a receipt of 100,000 lines is far below it."""


def mtls_client(
    base_url: str, ca: Path, cert: Path, key: Path, timeout: float = 10.0
) -> httpx.Client:
    """Give a keep-alive client that trusts ``ca`` alone and shows ``cert`` (all PEM files).

    ``timeout`` is in seconds, for each of connecting, writing and reading; a whole call has
    ``WHOLE`` times that, and ``ANSWER_BYTES`` come back at most. The files are read once. Proxies,
    ``.netrc`` and CA settings of the environment do not count; redirects are not followed; answers
    come unpacked.
    Raises ``Unavailable`` when a file cannot be used.
    """
    context = client_context(ca, cert, key)
    return httpx.Client(
        base_url=base_url,
        transport=BoundedTransport(context, WHOLE * timeout, ANSWER_BYTES),
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
        headers={"accept-encoding": "identity"},
    )


def client_context(ca: Path, cert: Path, key: Path) -> ssl.SSLContext:
    """Give the TLS settings of a client that trusts ``ca`` alone and shows ``cert``."""
    context = only_strong(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        context.load_verify_locations(ca)
        context.load_cert_chain(cert, key)
    except OSError as error:
        remedy = f"{ca}, {cert} of {key} ontbreekt, is niet te lezen of past niet bij de andere."
        raise out_of_service("clientcertificaat", remedy) from error
    return context
