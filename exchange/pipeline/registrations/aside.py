"""Keeps what takes long at a stretch off the event loop, where others' requests wait for it.

Hashing and unpacking let other threads run meanwhile; a record about thousands of pupils shares the
interpreter with them, a few milliseconds at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

LARGE_BODY = 256 * 1024
MANY_PUPILS = 500


async def aside(size: int, large: int, work: Callable[[], Result]) -> Result:
    """Do ``work`` in a thread when ``size`` is more than ``large``, and here when it is not."""
    return await asyncio.to_thread(work) if size > large else work()
