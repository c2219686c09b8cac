"""What is remembered about a vestiging while a delivery is worked on, and what is not."""

from __future__ import annotations

import traceback
from types import SimpleNamespace
from typing import cast

import pytest

from exchange.errors import Code, Refused
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.registrations.known import Known
from exchange.pipeline.registrations.pupils import Pupils
from exchange.pipeline.stages import Authenticated
from tests import pure


def test_the_same_refusal_again_holds_nothing_of_the_lines_before() -> None:
    """A traceback holds its frames, and these the line with its PGN."""
    received = SimpleNamespace(today=pure.TODAY)
    caller = SimpleNamespace(party=pure.SOFTWARE_HOUSE, received=received)
    gateway = SimpleNamespace(directory=pure.directory)
    known = Known(cast("Authenticated", caller), cast("Gateway", gateway), cast("Pupils", None))
    depths = []
    for _ in range(3):
        with pytest.raises(Refused) as refused:
            known.allowed(pure.VO.code, pure.TODAY)
        assert refused.value.code is Code.GEEN_MANDAAT
        depths.append(len(traceback.extract_tb(refused.value.__traceback__)))
    assert depths == depths[:1] * 3
