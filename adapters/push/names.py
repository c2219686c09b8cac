"""Asks the addresses of a name: each name on a thread of its own, once at a time.

The system's resolver blocks, and a name server that does not answer holds it for long. A pool of
threads would be full of such names, with everybody else's waiting behind them; and the threads of
a pool are waited for when the process ends. These are not.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread
from typing import Final

Resolve = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a host name; blocks."""

_AT_ONCE: Final = 2000
"""Names asked at the same time: more than there are recipients, so nobody waits for another."""


def system_resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver, in its order of preference (RFC 6724)."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Names:
    """Addresses by name, for one event loop; nothing is remembered (DNS rebinding)."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._asked: dict[tuple[str, int], asyncio.Future[Sequence[str]]] = {}

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """Give the addresses of ``host``; who asks what is being asked waits for that answer.

        Raises ``OSError`` when there are none to be had.
        """
        name = (host, port)
        answer = self._asked.get(name)
        if answer is None:
            if len(self._asked) >= _AT_ONCE:
                raise OSError("too many names are being asked")
            answer = self._asked[name] = asyncio.get_running_loop().create_future()
            Thread(target=self._ask, args=(name, answer), name="push-name", daemon=True).start()
        return await asyncio.shield(answer)

    def _ask(self, name: tuple[str, int], answer: asyncio.Future[Sequence[str]]) -> None:
        """Ask, on a thread; the loop may be gone by the time that there is an answer."""
        try:
            found: Sequence[str] | OSError = self._resolve(*name)
        except Exception as error:  # noqa: BLE001  whatever it was, the name has no address
            found = OSError(type(error).__name__)
        with suppress(RuntimeError):
            answer.get_loop().call_soon_threadsafe(self._answered, name, answer, found)

    def _answered(
        self,
        name: tuple[str, int],
        answer: asyncio.Future[Sequence[str]],
        found: Sequence[str] | OSError,
    ) -> None:
        del self._asked[name]
        if isinstance(found, OSError):
            answer.set_exception(found)
            answer.exception()  # seen: who asked may have given up
        else:
            answer.set_result(found)
