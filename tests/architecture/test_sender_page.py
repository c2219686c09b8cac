"""``docs/sender.md`` names codes, options and columns that exist, and every one of them."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import typer

from adapters.school_systems.duty import LOCAL
from adapters.school_systems.sender import REFUSALS
from adapters.school_systems.ways import RECEIPTS, STATE
from exchange.cli import submit
from exchange.errors import Code

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sender.md").read_text("utf-8")
NOT_FOR_A_SENDER = {
    Code.CIJFERS_STRIJDIG,
    Code.SLEUTEL_ONGELDIG,
    Code.NIET_GEVONDEN,
    Code.METHODE_NIET_TOEGESTAAN,
    Code.NIET_AANVAARDBAAR,
    Code.BEREIK_ONGELDIG,
    Code.OVERGANG_ONGELDIG,
    Code.NOG_NIET_VERZEGELD,
    Code.INGETROKKEN,
    Code.VERVALLEN,
    Code.LEVERING_INGETROKKEN,
    Code.MEDIATYPE_NIET_ONDERSTEUND,
    Code.INTERNE_FOUT,
}
"""Of other calls, or of a sender's own mistake in HTTP."""

AS_STATUS = {
    Code.TE_VEEL_VERZOEKEN,
    Code.LOGBOEK_ONBESCHIKBAAR,
    Code.DIENST_ONBESCHIKBAAR,
    Code.IDEMPOTENTIESLEUTEL_ONTBREEKT,
}
"""Told by their HTTP status, or never met by who uses the kit."""


def test_every_code_that_a_sender_meets_is_explained() -> None:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    told = {code for row in rows for code in re.findall(r"`([a-z-]+)`", row)}
    expected = set(Code) - NOT_FOR_A_SENDER - AS_STATUS - {Code.IDEMPOTENTIESLEUTEL_BEZIG}
    assert {code.value for code in expected} <= told
    assert f"`{Code.IDEMPOTENTIESLEUTEL_BEZIG}`" in PAGE


def test_every_option_is_explained_and_no_other() -> None:
    app = typer.Typer(add_completion=False)
    submit.register(app)
    options = {
        option
        for parameter in typer.main.get_command(app).params
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
    }
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `--")]
    assert {option for row in rows for option in re.findall(r"--[a-z-]+", row)} == options
    assert len(options) == len(inspect.signature(submit.submit).parameters) - 1  # less FILE


def test_every_file_and_local_column_is_explained() -> None:
    for name in (RECEIPTS, REFUSALS, STATE, *LOCAL):
        assert f"`{name}`" in PAGE
