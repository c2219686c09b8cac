"""What the integrity page shows: the newest head of the log, who else signed, and a check in words.

Nothing here asks to be believed: the page says how to verify it without the gateway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.console.views import words
from exchange.console.views.table import Cell, Fact, Table, amount, numeric, table
from exchange.figures.publish.page.dutch import number
from exchange.pipeline.logbook import Cosigned, Integrity

_LATE_SECONDS = 60
_CHECK = "python verify_log.py BEWIJS --vkey '{vkey}'"
_CHECK_LATER = _CHECK + " --checkpoint BEWAARD"


@dataclass(frozen=True, slots=True)
class IntegrityPage:
    """The newest head as it stands; ``note`` is the signed text itself."""

    head: tuple[Fact, ...]
    late: str
    witnesses: Table
    note: str
    vkey: str
    command: str
    later: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found, in words; ``look`` is how the message is dressed."""

    look: str
    verdict: str
    meaning: str
    facts: tuple[Fact, ...]


def integrity_page(
    note: str, cosigned: Sequence[Cosigned], lag_seconds: float, vkey: str
) -> IntegrityPage:
    """Lay out a signed note (C2SP): the second line is the size, the third the root."""
    _, size, root, *_ = note.split("\n")
    return IntegrityPage(
        head=(
            Fact("Regels onder de handtekening", number(int(size))),
            Fact("Top van de boom", root, code=True),
            Fact("Nieuwe regels wachten", _waiting(lag_seconds)),
        ),
        late=_late(lag_seconds),
        witnesses=_witnesses(cosigned),
        note=note,
        vkey=vkey,
        command=_CHECK.format(vkey=vkey),
        later=_CHECK_LATER.format(vkey=vkey),
    )


def check_result(found: Integrity) -> CheckResult:
    """Say what a check found."""
    facts = (
        Fact("Gecontroleerd", words.counted(found.checked, "handtekening", "handtekeningen")),
        Fact("Regels onder de nieuwste", number(found.size)),
        Fact("Gezet", words.moment(found.signed_at)),
        Fact("Wachten nog", words.counted(found.waiting, "regel", "regels")),
    )
    if found.first_fault is None:
        return CheckResult(
            "goed",
            "In orde.",
            "De hashes kloppen met elke gecontroleerde handtekening, en het logboek is alleen"
            " gegroeid. De tekst van elke regel leest deze controle niet; dat doet"
            " `exchange log verify`.",
            facts,
        )
    return CheckResult(
        "fout",
        "Niet in orde.",
        f"De eerste fout: {found.first_fault}. Verander niets, bel de beheerder, en laat het hele"
        " logboek controleren met: exchange log verify.",
        facts,
    )


def _waiting(lag_seconds: float) -> str:
    return f"{words.lasting(lag_seconds)} op een handtekening" if lag_seconds >= 1 else "niet"


def _late(lag_seconds: float) -> str:
    if lag_seconds < _LATE_SECONDS:
        return ""
    return (
        f"Het verzegelen loopt {words.lasting(lag_seconds)} achter. Na 15 minuten neemt de poort"
        " niets meer aan. De beheerder ziet dit ook."
    )


def _witnesses(cosigned: Sequence[Cosigned]) -> Table:
    rows = (
        (Cell(witness), amount(one.size), Cell(words.moment(at), look="heel"))
        for one in cosigned
        for witness, at in sorted(one.cosigned_at.items())
    )
    return table(
        "getuigen",
        "Wie het logboek nog meer ondertekende",
        ("Getuige", numeric("Regels"), "Wanneer"),
        rows,
        "Er is nog geen getuige die meetekent. Zonder getuige kan de poort u een ander logboek"
        " laten zien dan een ander.",
    )
