"""Keeps the log sealed: every record has its place under a signed head within two seconds."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.accountability.sealing import BATCH, Seal, seal_once
from exchange.storage.database import Database

REST_SECONDS = 0.5
"""Between two looks. A step takes what came in meanwhile, so heads are at most two a second."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals one batch at a time, under the only login that may write the tree."""

    database: Database
    seal: Seal
    most: int = BATCH

    async def work(self) -> int:
        """Seal one batch; give its size if more may be waiting.

        After less than a full batch it rests: a head for each single record would say no more.
        """
        sealed = await seal_once(self.database, self.seal, self.most)
        return sealed if sealed == self.most else 0
