"""A witness signs that the log only grew, remembers what it signed, and believes nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.witness.watch import Contradiction
from exchange.bootstrap.witness import WitnessSettings, open_watch
from exchange.crypto.verify_log import (
    WITNESS_KEY,
    NotProven,
    read_checkpoint,
    read_vkey,
    verify_cosignature,
)
from exchange.errors import Unavailable
from tests.naive_log import LOG, Signer, b64, checkpoint_of, leaf
from tests.unit.adapters.witness.log_server import Answer, LogServer, serving

LEAVES = [leaf(number) for number in range(40)]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogServer]:
    with serving(tmp_path) as server:
        server.leaves = LEAVES[:5]
        yield server


@pytest.fixture
def settings(log: LogServer, tmp_path: Path) -> WitnessSettings:
    return WitnessSettings(log.url, tmp_path / "state", log.ca, LOG.vkey, "gemeente.example/fg")


def last(settings: WitnessSettings) -> str:
    return (settings.state / "checkpoint").read_text()


def trust(log: LogServer, settings: WitnessSettings) -> None:
    with open_watch(settings) as watch:
        log.trusted = watch.cosigner.vkey


def test_signs_the_first_head_it_sees_and_every_growth_of_it(
    log: LogServer, settings: WitnessSettings
) -> None:
    trust(log, settings)
    with open_watch(settings) as watch:
        for size in (5, 6, 17, 40):
            log.leaves = LEAVES[:size]
            seen = watch.look()
            assert (seen.size, seen.is_new, seen.kept) == (size, True, True)
            assert watch.look().is_new is False
        witness = read_vkey(watch.cosigner.vkey, WITNESS_KEY)
        assert verify_cosignature(read_checkpoint(last(settings), watch.key), witness) > 0
    assert len(log.kept) == 4


def test_another_start_goes_on_from_what_was_signed(
    log: LogServer, settings: WitnessSettings
) -> None:
    with open_watch(settings) as watch:
        first = watch.cosigner.vkey
        watch.look()
    log.leaves = LEAVES[:9]
    with open_watch(WitnessSettings(log.url, settings.state, log.ca)) as watch:
        assert watch.cosigner.vkey == first
        assert watch.look().size == 9
    assert any("consistentie?van=5&tot=9" in path for path in log.asked)


def test_offers_its_line_again_until_the_log_wants_it(
    log: LogServer, settings: WitnessSettings
) -> None:
    with open_watch(settings) as watch:
        assert watch.look().kept is False
        log.trusted = watch.cosigner.vkey
        assert watch.look().kept is True
        assert watch.look().kept is None


def test_takes_the_logs_own_word_for_its_key_once(
    log: LogServer, settings: WitnessSettings
) -> None:
    without = WitnessSettings(log.url, settings.state, log.ca)
    with open_watch(without) as watch:
        assert watch.key == read_vkey(LOG.vkey)
    other = Signer(seed=b"\x05" * 32).vkey
    with (
        pytest.raises(NotProven, match="andere sleutel"),
        open_watch(WitnessSettings(log.url, settings.state, log.ca, other)),
    ):
        pass


# --- a log that lies ---


def alarmed(settings: WitnessSettings) -> Contradiction:
    """Look, and give the alarm; what was signed stays what it was."""
    before = last(settings)
    with open_watch(settings) as watch, pytest.raises(Contradiction) as alarm:
        watch.look()
    assert last(settings) == before
    assert (alarm.value.evidence / "eerder").read_text() == before
    return alarm.value


@pytest.fixture
def seen(log: LogServer, settings: WitnessSettings) -> LogServer:
    """The log after the witness signed ten records of it."""
    log.leaves = LEAVES[:10]
    with open_watch(settings) as watch:
        watch.look()
    return log


def test_a_log_that_shrank_is_refused_and_kept_as_evidence(
    seen: LogServer, settings: WitnessSettings
) -> None:
    seen.leaves = LEAVES[:9]
    alarm = alarmed(settings)
    assert alarm.reason.startswith("het logboek telt 9 regels, en eerder 10")
    assert (alarm.evidence / "nu").read_text() == checkpoint_of(LEAVES[:9])


def test_another_log_of_the_same_size_is_a_split_view(
    seen: LogServer, settings: WitnessSettings
) -> None:
    seen.leaves = [*LEAVES[:9], leaf(99)]
    assert "twee versies" in alarmed(settings).reason


def test_a_log_that_grew_out_of_another_past_is_refused(
    seen: LogServer, settings: WitnessSettings
) -> None:
    seen.leaves = [*LEAVES[:4], leaf(99), *LEAVES[5:20]]
    alarm = alarmed(settings)
    assert "bevat het oudere niet" in alarm.reason
    assert json.loads((alarm.evidence / "consistentie").read_bytes())["tot"] == 20


def test_after_an_alarm_a_restart_raises_it_again(
    seen: LogServer, settings: WitnessSettings
) -> None:
    seen.leaves = LEAVES[:9]
    alarmed(settings)
    alarmed(settings)
    assert len(list((settings.state / "bewijs").iterdir())) == 2


@pytest.mark.parametrize(
    "bent",
    [
        b"{}",
        b"no json",
        b'{"van":10,"tot":20,"bewijs":[]}',
        b'{"van":10,"tot":20,"bewijs":"x"}',
        b'{"van":10,"van":10,"tot":20,"bewijs":[]}',
        b'{"van":9,"tot":20,"bewijs":[]}',
        b'{"van":10,"tot":20,"bewijs":["%s"]}' % b64(bytes(32)).encode(),
        b"[" * 60_000,
    ],
)
def test_a_proof_that_proves_nothing_is_an_alarm(
    seen: LogServer, settings: WitnessSettings, bent: bytes
) -> None:
    seen.leaves = LEAVES[:20]
    seen.bend = lambda path, answer: Answer(bent) if "consistentie" in path else answer
    alarmed(settings)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\xff" * 40,
        checkpoint_of(LEAVES[:20], Signer(seed=b"\x05" * 32)).encode(),
        checkpoint_of(LEAVES[:20], Signer(name="another")).encode(),
        checkpoint_of(LEAVES[:20]).replace("\n20\n", "\n21\n").encode(),
    ],
)
def test_a_head_that_the_log_did_not_sign_is_an_alarm(
    seen: LogServer, settings: WitnessSettings, note: bytes
) -> None:
    seen.bend = lambda path, answer: Answer(note) if "checkpoint" in path else answer
    alarmed(settings)


def test_lines_of_others_under_the_head_are_not_taken_over(
    log: LogServer, settings: WitnessSettings
) -> None:
    other = Signer("x", 4).line("anything\n", at=1)
    text, _, line = checkpoint_of(LEAVES[:5]).partition("\n\n")
    note = f"{text}\n\n{other}{line}".encode()
    log.bend = lambda path, answer: Answer(note) if "checkpoint" in path else answer
    with open_watch(settings) as watch:
        watch.look()
    assert [signed.split(" ")[1] for signed in last(settings).splitlines()[4:]] == [
        LOG.name,
        "gemeente.example/fg",
    ]


# --- a log that does not answer as it should ---


@pytest.mark.parametrize(
    "bend",
    [
        lambda _, a: Answer(a.body + b"x" * 70_000),
        lambda *_: Answer(gzip.compress(bytes(10_000_000)), 200, {"content-encoding": "gzip"}),
        lambda *_: Answer(b"", 302, {"location": "https://elsewhere.example/"}),
        lambda *_: Answer(b"", 503),
        lambda _, a: Answer(a.body, 200, {"content-length": str(len(a.body) + 9)}),
        lambda _, a: Answer(a.body, 200, {"content-length": "99999999999999"}),
    ],
    ids=["too large", "packed", "redirect", "unwell", "cut off", "endless"],
)
def test_an_answer_out_of_bounds_changes_nothing(
    seen: LogServer, settings: WitnessSettings, bend: Callable[[str, Answer], Answer]
) -> None:
    seen.leaves, before = LEAVES[:20], last(settings)
    seen.bend = lambda path, answer: bend(path, answer) if "checkpoint" in path else answer
    with open_watch(settings) as watch, pytest.raises(Unavailable):
        watch.look()
    assert last(settings) == before
    assert not (settings.state / "bewijs").exists()


def test_what_was_signed_is_on_disk_before_anybody_hears_of_it(
    log: LogServer, settings: WitnessSettings
) -> None:
    remembered: list[str] = []

    def listen(path: str, answer: Answer) -> Answer:
        if "cosignatures" in path:
            remembered.append(last(settings))
        return answer

    log.bend = listen
    with open_watch(settings) as watch:
        watch.look()
    assert remembered == [last(settings)]


def test_another_certificate_than_the_given_ca_issued_is_refused(
    log: LogServer, settings: WitnessSettings, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with serving(other) as elsewhere:
        wrong = WitnessSettings(elsewhere.url, settings.state, log.ca, LOG.vkey)
        with open_watch(wrong) as watch, pytest.raises(Unavailable):
            watch.look()


def test_plain_http_is_refused(settings: WitnessSettings) -> None:
    plain = WitnessSettings("http://localhost", settings.state, None, LOG.vkey)
    with pytest.raises(Unavailable), open_watch(plain):
        pass


# --- the witness's own folder ---


def test_the_key_is_the_owners_alone(log: LogServer, settings: WitnessSettings) -> None:
    trust(log, settings)
    key = settings.state / "getuige.json"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o640)
    with pytest.raises(Unavailable, match="dienst"), open_watch(settings):
        pass


@pytest.mark.parametrize("content", [b"", b"{}", b'{"naam":"x","geheim":"AA"}', b"[]"])
def test_a_key_that_is_none_is_said_to_be_so(
    log: LogServer, settings: WitnessSettings, content: bytes
) -> None:
    trust(log, settings)
    (settings.state / "getuige.json").write_bytes(content)
    with pytest.raises(Unavailable), open_watch(settings):
        pass


def test_two_processes_never_sign_from_one_memory(
    log: LogServer, settings: WitnessSettings
) -> None:
    with open_watch(settings), pytest.raises(Unavailable), open_watch(settings):
        pass
    with open_watch(settings):
        pass
