"""Puts an export and its signature in one file, with a note on how to check it."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

from exchange.figures.publish.page.dutch import moment, number
from exchange.pipeline.log_extract import Extract

_CSV, _SIGNATURE, _NOTE = "logregels.csv", "logregels.csv.jws", "leesmij.txt"


def export_file(extract: Extract, at: datetime) -> bytes:
    """Give a zip of three files: the records, the signature over them, and the note."""
    files = (
        (_CSV, extract.content),
        (_SIGNATURE, extract.signature.encode()),
        (_NOTE, _note(extract, at).encode()),
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


def _note(extract: Extract, at: datetime) -> str:
    reach = (
        "Dit zijn alle regels die bij de zoekvraag horen."
        if extract.complete
        else "LET OP: er zijn meer regels. Dit zijn alleen de nieuwste. Kies een kortere periode."
    )
    return (
        f"Logregels van Verzuim Exchange, meegenomen op {moment(at)}.\n"
        f"{_CSV}: {number(extract.aantal)} regels, UTF-8, puntkomma tussen de kolommen.\n"
        f"{reach}\n\n"
        f"{_SIGNATURE}: de handtekening van de poort onder dat bestand (detached JWS, ES256).\n"
        "De openbare sleutel staat op /v1/sleutels, bij het kenmerk (kid) uit de handtekening.\n"
        "Open en bewaar het bestand niet opnieuw met een rekenprogramma: dan klopt de\n"
        "handtekening niet meer.\n"
    )
