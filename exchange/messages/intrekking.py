"""The intrekking: the school takes an earlier signaal or melding back."""

from __future__ import annotations

from enum import StrEnum

from pydantic.dataclasses import dataclass

from exchange.messages.wire import WIRE


class IntrekkingReden(StrEnum):
    """Why: the message was wrong, or the absence has been mended."""

    ONJUIST = "onjuist"
    HERSTELD = "hersteld"


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Intrekking:
    """What the school states; which message it concerns stands in the path."""

    reden: IntrekkingReden
