"""Which media types a levering comes in, and who makes the bytes of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from exchange.figures.levering import Levering
from exchange.figures.publish.csv_form import as_csv
from exchange.figures.publish.csvw import as_csvw
from exchange.figures.publish.json_form import as_json
from exchange.figures.publish.names import Names
from exchange.figures.publish.page import as_page
from exchange.figures.publish.parquet import as_parquet


@dataclass(frozen=True, slots=True)
class Publication:
    """A levering of one recipient and all that its forms are made from.

    ``earlier`` are the leveringen that this recipient had before, in any order; ``csv_url`` is
    where the sidecar finds the CSV.
    """

    levering: Levering
    earlier: Sequence[Levering]
    names: Names
    csv_url: str


Maker = Callable[[Publication], bytes]

MEDIA: Mapping[str, Maker] = MappingProxyType(
    {
        "application/json": lambda it: as_json(it.levering),
        "text/csv": lambda it: as_csv(it.levering),
        "application/csvm+json": lambda it: as_csvw(it.levering, it.csv_url),
        "application/vnd.apache.parquet": lambda it: as_parquet(it.levering),
        "text/html": lambda it: as_page(it.levering, it.earlier, it.names),
    }
)
"""By media type (contract, section 3); the sealed form is made from the JSON, elsewhere."""
