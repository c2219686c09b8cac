"""Of whose pupils a party may ask what became of their data (AVG art. 15; contract section 4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin, Vestigingscode
from exchange.policy.mandates import require_mandate, require_on_behalf
from exchange.policy.parties import Directory, Party, Role


def inspector(party: Party, namens: Oin | None, directory: Directory, today: date) -> Party:
    """Give ``party`` as it asks: the FG of all, a school of its own pupils alone.

    The school answers its pupils and may have its supplier do the work. Then the supplier says for
    which one school (``namens``): a number asked at all its customers at once would tell it where a
    child is at school. Raises ``geen-recht`` for anybody else, ``geen-mandaat`` for a ``namens``
    that is not this caller's.
    """
    if party.has(Role.FG) and namens in {None, party.oin}:
        return party
    acting = require_on_behalf(party, namens, directory, today)
    if acting.narrowed is not None:
        return acting
    own = frozenset(grant.remit for grant in party.grants if grant.role is Role.SCHOOL)
    if not own:
        raise Refused(Code.GEEN_RECHT)
    return replace(party, narrowed=own)


def may_inspect(party: Party, code: Vestigingscode, directory: Directory, today: date) -> bool:
    """Whether an ``inspector`` may hear of pupils of ``code``."""
    if party.narrowed is None:
        return party.has(Role.FG)
    try:
        require_mandate(party, code, directory, today)
    except Refused:
        return False
    return True
