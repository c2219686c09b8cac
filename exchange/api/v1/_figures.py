"""How figures about a month come in and go back: the same for each kind that a school puts."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from exchange.api.v1._submission import json_response
from exchange.api.visit import gateway_of, read_limited, vestigingscode_of
from exchange.errors import Code, Refused
from exchange.messages.document import require_json
from exchange.messages.identifiers import Periode, Vestigingscode
from exchange.messages.soort import Soort
from exchange.pipeline.school_figures import Figures, put_figures, read_figures, rehearse_figures
from exchange.pipeline.school_side import Reader


@dataclass(frozen=True, slots=True)
class Month:
    """The month of one vestiging, as the path names it."""

    vestiging: Vestigingscode
    periode: Periode

    @classmethod
    def named(cls, vestigingscode: str, periode: str) -> Month:
        """Read it off the path; what cannot be a month is not found."""
        vestiging = vestigingscode_of(vestigingscode)
        try:
            return cls(vestiging, Periode.parse(periode))
        except ValueError:
            raise Refused(Code.NIET_GEVONDEN) from None

    def as_json(self) -> dict[str, object]:
        """Give what every answer begins with."""
        return {"vestigingscode": str(self.vestiging), "periode": str(self.periode)}


async def put(
    month: Month, soort: Soort, reader: Reader, request: Request, valideer: str | None
) -> Response:
    """Take figures in, or with ``valideer`` only check them."""
    require_json(request.headers)
    gateway = gateway_of(request)
    body = await read_limited(request, gateway.limits.json_bytes)
    figures = Figures(reader, soort, month.vestiging, month.periode, body)
    if valideer == "true":
        lines = await rehearse_figures(figures, gateway)
        return json_response({"geldig": True, "stromen": lines})
    created = await put_figures(figures, gateway)
    return json_response(month.as_json(), 201 if created else 200)


async def get(month: Month, soort: Soort, reader: Reader, request: Request) -> Response:
    """Give back what was put."""
    found = await read_figures(reader, soort, month.vestiging, month.periode, gateway_of(request))
    return json_response({**month.as_json(), **found})
