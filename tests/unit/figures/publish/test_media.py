"""Every media type of a levering has a maker, and each maker makes what its type says."""

from __future__ import annotations

import pytest

from exchange.figures.publish import (
    MEDIA,
    Names,
    Publication,
    as_csv,
    as_csvw,
    as_json,
    as_page,
    as_parquet,
)
from tests.leveringen import TINY

EARLIER = (TINY,)
NAMES = Names("Samenwerkingsverband VO2703")
PUBLICATION = Publication(TINY, EARLIER, NAMES, "12.csv")


def test_each_media_type_is_made_by_its_own_form() -> None:
    assert {media_type: make(PUBLICATION) for media_type, make in MEDIA.items()} == {
        "application/json": as_json(TINY),
        "text/csv": as_csv(TINY),
        "application/csvm+json": as_csvw(TINY, "12.csv"),
        "application/vnd.apache.parquet": as_parquet(TINY),
        "text/html": as_page(TINY, EARLIER, NAMES),
    }


@pytest.mark.parametrize("media_type", MEDIA)
def test_the_same_publication_gives_the_same_bytes(media_type: str) -> None:
    make = MEDIA[media_type]
    assert make(PUBLICATION) == make(PUBLICATION)
