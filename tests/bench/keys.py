"""Measures what a key costs: in a PKCS#11 token (SoftHSM2), and in the folder of a trial."""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from adapters.keys.file import FileKeyProvider
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.ports import KeyProvider, KeyUse, VestigingKey
from tests.bench.outcome import Outcome
from tests.integration.keys.softhsm import new_hsm

_ROUNDS = 7
_SECONDS = 0.2
_KEY = VestigingKey(KeyUse.MAILBOX, Vestigingscode("99AA00"), Schooljaar(2026))
_SMALL, _LARGE, _CONTEXT = b"m" * 40, b"l" * 2048, b"bench"


def run(asked: argparse.Namespace) -> Outcome:
    """Let both providers take turns at each call; processor time of this process counts."""
    from adapters.keys.pkcs11 import TokenKeyProvider  # noqa: PLC0415  on Linux only

    with tempfile.TemporaryDirectory(prefix="vx-bench-") as folder:
        hsm = new_hsm(Path(folder))
        os.environ["SOFTHSM2_CONF"] = str(hsm.configuration)
        TokenKeyProvider.create(*hsm.settings)
        place = Path(folder)
        providers: dict[str, KeyProvider] = {
            "token": TokenKeyProvider(*hsm.settings),
            "folder": FileKeyProvider.create(place / "trial", place / "trial.passphrase"),
        }
        calls = {name: _calls(keys) for name, keys in providers.items()}
        rates = {what: _in_turns({n: c[what] for n, c in calls.items()}) for what in calls["token"]}
    return Outcome(_table(rates), {what: dict(found) for what, found in rates.items()})


def _calls(keys: KeyProvider) -> Mapping[str, Callable[[], object]]:
    sealed = keys.seal(_KEY, _LARGE, _CONTEXT)
    return {
        "MAC of 40 bytes": lambda: keys.mac(_KEY, _SMALL),
        "seal 2 kB": lambda: keys.seal(_KEY, _LARGE, _CONTEXT),
        "open 2 kB": lambda: keys.open(_KEY, sealed, _CONTEXT),
        "sign (ES256)": lambda: keys.sign(_SMALL),
        "sign a head (Ed25519)": lambda: keys.sign_checkpoint(_SMALL),
    }


def _in_turns(calls: Mapping[str, Callable[[], object]]) -> Mapping[str, float]:
    """Give the calls per second of one core: the middle one of several rounds."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(_ROUNDS):
        for name, call in calls.items():
            found[name].append(_rate(call))
    return {name: statistics.median(rates) for name, rates in found.items()}


def _rate(call: Callable[[], object]) -> float:
    done, began, used = 0, time.process_time(), 0.0
    while used < _SECONDS:
        for _ in range(50):
            call()
        done, used = done + 50, time.process_time() - began
    return done / used


def _table(rates: Mapping[str, Mapping[str, float]]) -> str:
    lines = [f"{'per second of one core':26}{'token':>10}{'folder':>10}{'ratio':>8}"]
    for what, found in rates.items():
        ratio = found["token"] / found["folder"]
        lines.append(f"{what:26}{found['token']:10,.0f}{found['folder']:10,.0f}{ratio:8.2f}")
    return "\n".join(lines)
