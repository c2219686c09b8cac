"""Step 7, per line: seal the school's own number, and digest what tells a repeat from a change."""

from __future__ import annotations

from exchange.crypto.pseudonym import keyed_digest, natural_key
from exchange.messages.identifiers import RegistratieId, Vestigingscode
from exchange.pipeline.at_rest import column_key, registratie_id_context
from exchange.pipeline.registrations.stages import MinimalLine, SealedLine
from exchange.ports import GatewayKey, KeyProvider, KeyUse

_IDS = GatewayKey(KeyUse.REGISTRATION_ID)


def encrypt_line(line: MinimalLine, keys: KeyProvider) -> SealedLine:
    """Give what may be stored; the registratieId only sealed, for the school's own notices."""
    pupil, datum = line.pupil, line.datum
    digest = id_digest(pupil.vestigingscode, line.registratie_id, keys)
    return SealedLine(
        number=line.number,
        pupil=pupil,
        id_digest=digest,
        id_sealed=keys.seal(
            column_key(pupil.vestigingscode, pupil.schooljaar),
            line.registratie_id.reveal().encode(),
            registratie_id_context(pupil.vestigingscode, digest),
        ),
        content=natural_key(
            pupil.vestigingscode,
            pupil.schooljaar,
            keys,
            "registratie/v1",
            pupil.counting.hex(),
            datum.isoformat(),
            str(line.minuten),
            line.categorie.value,
            str(line.ingetrokken),
        ),
        datum=datum,
        minuten=line.minuten,
        categorie=line.categorie,
        ingetrokken=line.ingetrokken,
    )


def id_digest(vestiging: Vestigingscode, own: RegistratieId, keys: KeyProvider) -> bytes:
    """Give the keyed digest by which a registratieId is unique at its vestiging."""
    return keyed_digest(_IDS, keys, "registratie-id/v1", str(vestiging), own.reveal())
