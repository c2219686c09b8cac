"""Says which file is wrong, by its role, and what mends it; never what it holds."""

from __future__ import annotations

from exchange.errors import Code, Unavailable


def out_of_service(role: str, remedy: str) -> Unavailable:
    """Give the error that the key store does not answer; the note shows it in a traceback too."""
    error = Unavailable(Code.DIENST_ONBESCHIKBAAR, onderdeel=role, herstel=remedy)
    error.add_note(f"{role}: {remedy}")
    return error
