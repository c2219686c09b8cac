"""Step 7: seal each view to its recipient's key, and let go of everything in clear (promise P4)."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from exchange.crypto.sealing import SealContext, seal_message
from exchange.crypto.sealing_keys import RecipientPublicKey
from exchange.errors import Code, Refused
from exchange.pipeline.at_rest import Digests, mailbox_key, payload_context
from exchange.pipeline.stages import Encrypted, Header, Minimised, Parcel, View
from exchange.ports import Ids, KeyProvider

_SALT_BYTES = 16


def encrypt(minimised: Minimised, digests: Digests, keys: KeyProvider, ids: Ids) -> Encrypted:
    """Give the sealed parcels and keyed digests that may be stored; those of the look-up pass on.

    The salted content hash (SHA-256 of salt and unpacked body) is for the school's receipt alone.
    """
    header = _header(minimised)
    body = minimised.pseudonymised.classified.valid.caller.received.body
    salt = ids.random(_SALT_BYTES)
    return Encrypted(
        header=header,
        accounts=minimised.accounts,
        parcels=tuple([_parcel(view, minimised, header, keys) for view in minimised.views]),
        zout=salt,
        inhoudshash=hashlib.sha256(salt + body).digest(),
        key_digest=digests.key,
        body_digest=digests.body,
        blind_index=minimised.pseudonymised.blind_index,
        same_again=minimised.pseudonymised.same_again,
        pupil=minimised.pseudonymised.pupil,
        telling=minimised.pseudonymised.classified.telling,
    )


def _parcel(view: View, minimised: Minimised, header: Header, keys: KeyProvider) -> Parcel:
    directory = minimised.pseudonymised.classified.facts.directory
    registered = directory.keys.get(view.recipient.oin)
    if registered is None:
        raise Refused(Code.ONTVANGER_NIET_AANGESLOTEN)
    bericht_id = str(minimised.bericht_id)
    context = SealContext(
        recipient=view.recipient.oin,
        rid=bericht_id,
        purpose=view.account.clause.activiteit,
        issued_at=header.received_at,
    )
    token = seal_message(view.content, context, _public_key(registered.jwk), keys)
    outer = keys.seal(
        mailbox_key(header.vestigingscode, header.schooljaar),
        token.encode(),
        payload_context(bericht_id, view.account.role),
    )
    return Parcel(
        account=view.account,
        recipient=view.recipient.oin,
        kid=registered.kid,
        payload=outer,
        push=view.recipient.push_url is not None,
    )


@lru_cache(maxsize=1024)
def _public_key(jwk: str) -> RecipientPublicKey:
    return RecipientPublicKey.parse(jwk)


def _header(minimised: Minimised) -> Header:
    classified = minimised.pseudonymised.classified
    caller = classified.valid.caller
    received = caller.received
    earlier = classified.valid.earlier
    return Header(
        bericht_id=minimised.bericht_id,
        soort=received.contract.soort,
        sender=caller.party.oin,
        thumbprint=caller.peer.thumbprint,
        vestigingscode=classified.valid.vestigingscode,
        schooljaar=classified.schooljaar,
        periode=classified.periode,
        event_day=classified.valid.event_day,
        beleid=classified.beleid,
        received_at=received.received_at,
        today=received.today,
        trace=received.trace,
        withdraws=earlier.bericht_id if earlier else None,
        replaces=earlier is not None and received.contract.replaces is not None,
    )
