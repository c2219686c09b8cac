"""The network as a notice may use it: checked addresses only, and few bytes back.

The name is resolved here, once, and the connection goes to an address that was checked: nothing
asks the name again in between (DNS rebinding). TLS still verifies the name itself.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore

from adapters.push.destination import is_public
from adapters.push.names import Names, Resolve, system_resolve
from exchange.errors import Code, Refused

_ADDRESSES_TRIED = 4


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to a name only where all its addresses are public; reads at most ``answer_bytes``.

    ``allow_private`` is for a sandbox, whose recipients live on this machine.
    """

    def __init__(
        self, answer_bytes: int, *, allow_private: bool, resolve: Resolve = system_resolve
    ) -> None:
        self._network = httpcore.AnyIOBackend()
        self._answer_bytes = answer_bytes
        self._allow_private = allow_private
        self._names = Names(resolve)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of ``host`` that answers."""
        for address in await self._checked_addresses(host, port):
            try:
                stream = await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
            return Rationed(stream, self._answer_bytes)
        raise httpcore.ConnectError("no address of the recipient answers")

    async def _checked_addresses(self, host: str, port: int) -> Sequence[str]:
        addresses = await self._names.addresses(host, port)
        if not self._allow_private and not all(map(is_public, addresses)):
            raise Refused(Code.GEEN_RECHT, rule="push-address-not-public")
        return addresses[:_ADDRESSES_TRIED]


class Rationed(httpcore.AsyncNetworkStream):
    """A connection from which only so many bytes can be read, before or after it turned to TLS."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, ration: int, used: int = 0) -> None:
        self._stream = stream
        self._ration = ration
        self._left = ration - used
        self._heard = bytearray()

    def begin(self) -> None:
        """Begin another exchange, with a ration of its own."""
        self._left = self._ration
        self._heard.clear()

    @property
    def heard(self) -> bytes:
        """All that was read since the exchange began: no more than the ration."""
        return bytes(self._heard)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Read, within the ration."""
        if self._left <= 0:
            raise httpcore.ReadError("the recipient's answer is too long")
        data = await self._stream.read(min(max_bytes, self._left), timeout)
        self._left -= len(data)
        self._heard += data
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """Turn to TLS; what was read before counts."""
        try:
            secured = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:  # cancelled in the middle: the library leaves the connection open
            await self._stream.aclose()
            raise
        return Rationed(secured, self._ration, self._ration - self._left)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  as the library declares it
        """Give what the library below knows."""
        return self._stream.get_extra_info(info)
