"""Public registers as their publishers write them: real columns, made-up schools, every dialect."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

_ADDRESS = (
    "STRAATNAAM",
    "HUISNUMMER-TOEVOEGING",
    "POSTCODE",
    "PLAATSNAAM",
    "GEMEENTENUMMER",
    "GEMEENTENAAM",
    "DENOMINATIE",
    "TELEFOONNUMMER",
    "INTERNETADRES",
    "STRAATNAAM CORRESPONDENTIEADRES",
    "HUISNUMMER-TOEVOEGING CORRESPONDENTIEADRES",
    "POSTCODE CORRESPONDENTIEADRES",
    "PLAATSNAAM CORRESPONDENTIEADRES",
)
_GEZAG = ("BEVOEGD GEZAG NUMMER", "BEVOEGD GEZAG NAAM")
_NEW = ("INSTELLINGSCODE", "VESTIGINGSCODE", "VESTIGINGSNAAM")
_OLD = ("BRIN NUMMER", "VESTIGINGSNUMMER", "VESTIGINGSNAAM")
_OFFICES = {
    "bo": ("KVK-NUMMER", "ADMINISTRATIEKANTOORNUMMER"),
    "so": ("ADMINISTRATIEKANTOORNUMMER", "KVK-NUMMER"),
    "vo": ("ADMINISTRATIEKANTOORNUMMER", "KVK-NUMMER"),
}
SEED = 36663
GEMEENTEN = {"0361": "Alkmaar", "0599": "Rotterdam", "1598": "Koggenland", "0014": "Groningen"}
POSTCODES = [*range(1800, 1900), *range(2890, 2990)]


@dataclass(frozen=True)
class School:
    """One location; ``soort`` is what a file of speciaal onderwijs says."""

    brin: str = "12AB"
    nummer: str = "00"
    naam: str = "OBS De Regenboog"
    postcode: str = "1811 AB"
    gemeente: str = "0361"
    gezag: str = "41234"
    soort: str = "SO"

    @property
    def code(self) -> str:
        return self.brin + self.nummer


@dataclass(frozen=True)
class Dialect:
    """How a file is written; the default is today's."""

    kind: str = "bo"
    old_names: bool = False
    two_digits: bool = False
    separator: str = ";"
    quoting: int = csv.QUOTE_MINIMAL
    encoding: str = "utf-8"
    newline: str = "\r\n"
    without: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


TODAY = Dialect()


def columns(dialect: Dialect = TODAY) -> list[str]:
    """Give the column names of a DUO file, in order."""
    soort = ("SOORT PRIMAIR ONDERWIJS",) if dialect.kind == "so" else ()
    names = _OLD if dialect.old_names else _NEW
    every = ("PROVINCIE", *soort, *_GEZAG, *names, *_ADDRESS, *dict(dialect.extra))
    return [c for c in (*every, *_OFFICES[dialect.kind]) if c not in dialect.without]


def duo(schools: Iterable[School], dialect: Dialect = TODAY) -> bytes:
    """Give an address file of vestigingen."""
    return _written(columns(dialect), [_cells(school, dialect) for school in schools], dialect)


def schools(count: int, seed: int = SEED) -> list[School]:
    """Give as many locations, some of one institution, with the names that a country has."""
    dice = random.Random(seed)
    brins = (f"{n // 676 + 10:02d}{_letters(n % 676)}" for n in dice.sample(range(50_000), count))
    made: list[School] = []
    for brin in brins:
        made.extend(
            School(
                brin,
                f"{number:02d}",
                dice.choice(_NAMES).format(dice.choice(_WORDS)),
                f"{dice.choice(POSTCODES)} {_letters(dice.randrange(676))}",
                dice.choice(list(GEMEENTEN)),
                str(dice.randrange(10_000, 99_999)),
            )
            for number in range(dice.choice((1, 1, 1, 1, 2, 3)))
        )
    return made[:count]


def gemeenten(
    rows: Iterable[Sequence[str]] = (),
    header: Sequence[str] = ("gemeentecode", "gemeentenaam", "geldig_van", "geldig_tot"),
    dialect: Dialect = TODAY,
) -> bytes:
    """Give a list of gemeenten, by default of those in which the made-up schools stand."""
    every = [(code, naam, "2000-01-01", "") for code, naam in GEMEENTEN.items()]
    return _written(header, list(rows) or every, dialect)


def regions(postcodes: Mapping[int, tuple[str, str]] | None = None) -> bytes:
    """Give a region annex; by default of every postcode, parted over two regions."""
    if postcodes is None:
        north, south = ("PO2703", "VO2703"), ("PO2806", "VO2810")
        postcodes = {postcode: (north if postcode < 2000 else south) for postcode in POSTCODES}
    naam = "Nuenen, Gerwen en Nederwetten"
    rows = [(str(postcode), naam, *swv) for postcode, swv in postcodes.items()]
    header = ("postcode4", "gemeente", "swv_po", "swv_vo")
    return _written(header, rows, Dialect(separator=",", newline="\n"))


def _cells(school: School, dialect: Dialect) -> list[str]:
    known = {
        "PROVINCIE": "Noord-Holland",
        "SOORT PRIMAIR ONDERWIJS": school.soort,
        "BEVOEGD GEZAG NUMMER": school.gezag,
        "BEVOEGD GEZAG NAAM": "Stichting Ronduit; school, kind & co",
        "INSTELLINGSCODE": school.brin,
        "BRIN NUMMER": school.brin,
        "VESTIGINGSCODE": school.nummer if dialect.two_digits else school.code,
        "VESTIGINGSNUMMER": school.nummer if dialect.two_digits else school.code,
        "VESTIGINGSNAAM": school.naam,
        "STRAATNAAM": "Sint-Jorisstraat",
        "HUISNUMMER-TOEVOEGING": "10-a",
        "POSTCODE": school.postcode,
        "GEMEENTENUMMER": school.gemeente,
        "GEMEENTENAAM": GEMEENTEN.get(school.gemeente, "").upper(),
        "POSTCODE CORRESPONDENTIEADRES": "9999 ZZ",
        **dict(dialect.extra),
    }
    return [known.get(name, "") for name in columns(dialect)]


def _written(header: Sequence[str], rows: Sequence[Sequence[str]], dialect: Dialect) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=dialect.separator,
        quoting=dialect.quoting,  # type: ignore[arg-type]  # one of csv's numbers
        lineterminator=dialect.newline,
    )
    writer.writerows([header, *rows])
    return text.getvalue().encode(dialect.encoding)


def _letters(number: int) -> str:
    return ascii_uppercase[number // 26] + ascii_uppercase[number % 26]


_NAMES = (
    "Basisschool {}",
    "OBS {}",
    "RK Basisschool {}",
    "Daltonschool {}",
    "{}, school voor Jenaplan",
    'Kindcentrum "{}"',
    "CBS {}",
)
_WORDS = (
    "De Regenboog",
    "'t Carré",
    "Sint Joris",
    "Fryske Foarútgong",
    "De Zeeën",
    "Het Kompas; locatie Noord",
    "Prinses Beatrix",
    "Æsopus",
    "Op ’e Terp",
)
