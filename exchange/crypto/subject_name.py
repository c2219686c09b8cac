"""Writes the subject of a certificate as one line (RFC 4514)."""

from __future__ import annotations

from cryptography import x509


def subject_name(der: bytes) -> str | None:
    """Give the subject of a certificate (DER), or None when it has no readable one."""
    try:
        return x509.load_der_x509_certificate(der).subject.rfc4514_string()
    except (ValueError, x509.InvalidVersion):
        return None
