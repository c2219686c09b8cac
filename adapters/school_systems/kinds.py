"""What a school's file may hold: one kind of message, sent on its own path."""

from __future__ import annotations

from enum import StrEnum

from exchange.messages.soort import Soort


class Kind(StrEnum):
    """A kind of file, by the last part of the path that its messages go to."""

    VERZUIMREGISTRATIES = "verzuimregistraties"
    SIGNALEN = "signalen"
    VERZUIMMELDINGEN = "verzuimmeldingen"

    @property
    def path(self) -> str:
        """Give the path of the gateway that takes this kind."""
        return f"/v1/{self.value}"

    @property
    def soort(self) -> Soort:
        """Give the kind of message as receipts name it."""
        return _SOORTEN[self]

    @property
    def many(self) -> bool:
        """Whether many travel in one request, as NDJSON."""
        return self is Kind.VERZUIMREGISTRATIES


_SOORTEN = {
    Kind.VERZUIMREGISTRATIES: Soort.VERZUIMREGISTRATIES,
    Kind.SIGNALEN: Soort.SIGNAAL,
    Kind.VERZUIMMELDINGEN: Soort.VERZUIMMELDING,
}
