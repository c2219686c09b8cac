"""The TLS settings of a listener, and their renewal while it runs."""

from __future__ import annotations

import ssl
from pathlib import Path

from adapters.complaint import out_of_service
from adapters.identity.files import marks
from adapters.tls import only_strong
from exchange.errors import Unavailable
from exchange.telemetry.events import TRUST_LOADED, TRUST_LOST, emit

_PART = "server-certificate"


def tls_context(cert: Path, key: Path, client_ca: Path) -> ssl.SSLContext:
    """Give the TLS settings of a listener with the server's ``cert``; all three are PEM files.

    A client may come without a certificate, for what is public. One that it does show must chain to
    ``client_ca``, be valid today and be for client authentication, or the handshake fails. There
    are no tickets; a TLS 1.2 session may still be resumed from memory (Python has no switch for
    that), which passes by this check, not by ``Trust``. Raises ``Unavailable`` for an unfit file.
    """
    context = only_strong(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(cert, key)
        context.load_verify_locations(client_ca)
    except OSError as error:
        remedy = f"{cert}, {key} of {client_ca} ontbreekt, is niet te lezen of past niet."
        raise out_of_service("servercertificaat", remedy) from error
    return context


class ServerTls:
    """``context`` serves new connections with what stands in the files now.

    A new certificate takes the place of the old one; CAs are only added, because TLS cannot forget
    one: who no longer belongs is refused after it (``Trust``).
    """

    def __init__(self, cert: Path, key: Path, client_ca: Path) -> None:
        self._files = (cert, key, client_ca)
        self._seen = marks(*self._files)
        self._refused_marks = self._seen
        self.context = tls_context(*self._files)

    def look(self) -> None:
        """Take new files into use; half of a pair, or one that is broken, leaves all as it was."""
        now = marks(*self._files)
        if now in {self._seen, self._refused_marks}:
            return
        try:
            tls_context(*self._files)  # OpenSSL drops the old key when the new one does not fit
            self.context.load_cert_chain(*self._files[:2])
            self.context.load_verify_locations(self._files[2])
        except (Unavailable, OSError):
            self._refused_marks = now
            emit(TRUST_LOST, part=_PART)
            return
        self._seen = self._refused_marks = now
        emit(TRUST_LOADED, part=_PART)
