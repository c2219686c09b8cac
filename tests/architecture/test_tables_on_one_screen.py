"""The data model stays readable: short files, all explained, no column made for a pupil."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from exchange.storage.model import PARTS, metadata

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs/data-model.md").read_text()
PUPIL = re.compile(r"pgn|bsn|leerling|naam|geboorte|pupil|birth|name", re.IGNORECASE)
NAMES_OF_ORGANISATIONS = {"parties.name", "gemeenten.naam", "vestigingen.naam"}
NUMBERS_OF_PUPILS = {
    "leerlingaantallen.leerlingen",
    "schoolcijfers.leerlingen",
    "schoolcijfers.geoorloofd_leerlingen",
    "schoolcijfers.ongeoorloofd_leerlingen",
    "schoolcijfers.leerlingen_met_ongeoorloofd",
    "tally.leerlingen",
    "tally.geoorloofd_leerlingen",
    "tally.ongeoorloofd_leerlingen",
}
COUNTING_PSEUDONYMS = {"registrations.pupil", "telstand.pupil"}


@pytest.mark.parametrize("part", PARTS)
def test_the_data_model_is_short_files(part: ModuleType) -> None:
    lines = Path(str(part.__file__)).read_text().splitlines()
    assert len(lines) < 500


def test_every_table_is_explained_on_its_page() -> None:
    assert [name for name in metadata.tables if f"`{name}`" not in PAGE] == []


def test_no_column_is_made_for_a_person() -> None:
    columns = {f"{table.name}.{c.name}" for table in metadata.sorted_tables for c in table.columns}
    allowed = NAMES_OF_ORGANISATIONS | NUMBERS_OF_PUPILS | COUNTING_PSEUDONYMS
    named = {column for column in columns if PUPIL.search(column.split(".")[1])}
    assert named == allowed


def test_every_plain_digest_column_has_its_size_checked() -> None:
    sealed = {"outbox.payload", "messages.receipt", "log_records.leaf", "registrations.id_sealed"}
    published = {"release_certificates.certificate", "releases.published"}
    published |= {"release_files.body", "release_sealed.body"}
    for table in metadata.sorted_tables:
        rules = " ".join(
            str(rule.sqltext) for rule in table.constraints if hasattr(rule, "sqltext")
        )
        for column in table.columns:
            if str(column.type) == "BYTEA" or str(column.type) == "BLOB":
                where = f"{table.name}.{column.name}"
                assert where in sealed | published or f"octet_length({column.name})" in rules, where
