"""A stranger with one file and a key is told what holds, and what does not."""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exchange.crypto import verify_log
from exchange.crypto.verify_log import (
    EMPTY_ROOT,
    LOG_KEY,
    WITNESS_KEY,
    NotProven,
    Trust,
    checkpoints_in,
    read_checkpoint,
    read_vkey,
    verify_consistency,
    verify_cosignature,
    verify_entry,
    verify_export,
    verify_inclusion,
)
from tests.naive_log import (
    LOG,
    ORIGIN,
    WITNESS,
    Signer,
    b64,
    bundle_of,
    checkpoint_of,
    consistency_of,
    entry_of,
    export_of,
    growth_of,
    leaf,
    path_of,
    root_of,
)

KEY = read_vkey(LOG.vkey)
TRUST = Trust(KEY)
LEAVES = [leaf(number) for number in range(11)]
NOTE = checkpoint_of(LEAVES)
TEXT, LINE = NOTE.split("\n\n")
OTHER = Signer(seed=b"\x07" * 32)


def test_reads_a_checkpoint_that_the_log_signed() -> None:
    checkpoint = read_checkpoint(NOTE, KEY)
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, 11)
    assert checkpoint.root == root_of(LEAVES)


def test_knows_the_verifier_key_of_another_log_in_the_world() -> None:
    vkey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert read_vkey(vkey).key_id.hex() == "033de0ae"


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        f"{ORIGIN}+00000000+{LOG.vkey.split('+', 2)[2]}",
        LOG.vkey.replace(ORIGIN, "another"),
        LOG.vkey.upper(),
        WITNESS.vkey,
        LOG.vkey[:-2] + "==",
        LOG.vkey.replace(ORIGIN, "a name"),
    ],
)
def test_refuses_what_is_no_key_of_a_log(vkey: str) -> None:
    with pytest.raises(NotProven):
        read_vkey(vkey)


@pytest.mark.parametrize(
    "note",
    [
        NOTE.replace("\n", "\r\n"),
        NOTE + "more",
        NOTE + "\n",
        NOTE.removesuffix("\n"),
        "\n" + NOTE,
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("\u2014", "-"),
        NOTE.replace("\n11\n", "\n011\n"),
        NOTE.replace("\n11\n", "\n+11\n"),
        NOTE.replace("\n11\n", "\n12\n"),
        NOTE.replace("\n11\n", "\n\u0661\u0661\n"),
        NOTE.replace("\n11\n", "\n" + "9" * 5000 + "\n"),
        f"{TEXT}\n\n{LINE}{LINE}",
        f"{TEXT}\nmore\n\n{LINE}",
        f"{TEXT}\t\n\n{LINE}",
        f"{TEXT}\n\n" + LINE.replace(" ", "  ", 1),
        f"{TEXT}\n\n{OTHER.line(TEXT + chr(10))}",
        f"{TEXT}\n\n{Signer(kind=4).line(TEXT + chr(10), at=1)}",
        OTHER.note(11, root_of(LEAVES)),
        LOG.note(11, root_of(LEAVES), origin="another"),
        Signer(name="another").note(11, root_of(LEAVES)),
        LOG.note(11, root_of(LEAVES)[:31]),
        LOG.note(11, b""),
        "x" * 70_000,
        "",
    ],
)
def test_refuses_a_checkpoint_in_any_other_form_or_of_anybody_else(note: str) -> None:
    with pytest.raises(NotProven):
        read_checkpoint(note, KEY)


def signed(text: str) -> str:
    """A note of the log itself, over whatever text."""
    return f"{text}\n{LOG.line(text)}"


@pytest.mark.parametrize(
    "text",
    [
        f"{TEXT}\nmore\n",
        "\n".join(TEXT.split("\n")[:2]) + "\n",
        f"{TEXT}\t\n",
        TEXT.replace("\n11\n", "\n011\n") + "\n",
        TEXT.replace("\n11\n", "\n+11\n") + "\n",
        TEXT.replace("\n11\n", "\n 11\n") + "\n",
        TEXT.replace("\n11\n", "\n9223372036854775808\n") + "\n",
        TEXT.replace(ORIGIN, "") + "\n",
    ],
)
def test_refuses_another_form_even_when_the_log_signed_it(text: str) -> None:
    read_checkpoint(signed(f"{TEXT}\n"), KEY)
    with pytest.raises(NotProven):
        read_checkpoint(signed(text), KEY)


def test_a_key_of_a_witness_is_no_key_of_a_log() -> None:
    for vkey, kind in ((WITNESS.vkey, LOG_KEY), (LOG.vkey, WITNESS_KEY)):
        with pytest.raises(NotProven, match="andere soort"):
            read_vkey(vkey, kind)


@pytest.mark.parametrize("note", [NOTE.encode() + b"\xff", "\ud800"])
def test_refuses_a_checkpoint_that_is_no_text(note: str | bytes) -> None:
    with pytest.raises(NotProven, match="geen leesbare tekst"):
        read_checkpoint(note, KEY)


def test_refuses_base64_whose_last_bits_mean_nothing() -> None:
    padded = LINE.rstrip("\n")
    assert padded.endswith("=")
    last = padded.rstrip("=")[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    sloppy = padded.rstrip("=")[:-1] + alphabet[alphabet.index(last) + 1]
    sloppy += "=" * padded.count("=")
    assert base64.b64decode(sloppy.split(" ")[2]) == base64.b64decode(padded.split(" ")[2])
    with pytest.raises(NotProven, match="base64"):
        read_checkpoint(f"{TEXT}\n\n{sloppy}\n", KEY)


def test_knows_a_witness_among_lines_of_others() -> None:
    note = NOTE + OTHER.line("else") + WITNESS.line(f"{TEXT}\n", at=1_800_000_000)
    witness = read_vkey(WITNESS.vkey, WITNESS_KEY)
    assert verify_cosignature(read_checkpoint(note, KEY), witness) == 1_800_000_000


@pytest.mark.parametrize(
    "line",
    [
        "",
        WITNESS.line("something else\n", at=1),
        WITNESS.line(f"{TEXT}\n"),
        WITNESS.line(f"{TEXT}\n", at=2**60),
        Signer(WITNESS.name, 4, b"\x09" * 32).line(f"{TEXT}\n", at=1),
        Signer(WITNESS.name, 1, WITNESS.seed).line(f"{TEXT}\n", at=1),
    ],
)
def test_refuses_what_a_witness_did_not_sign(line: str) -> None:
    witness = read_vkey(WITNESS.vkey, WITNESS_KEY)
    with pytest.raises(NotProven):
        verify_cosignature(read_checkpoint(NOTE + line, KEY), witness)


def test_a_stamp_that_was_changed_breaks_the_cosignature() -> None:
    name, blob = WITNESS.line(f"{TEXT}\n", at=1_800_000_000).split(" ")[1:]
    raw = bytearray(base64.b64decode(blob))
    raw[11] ^= 1
    note = f"{NOTE}\u2014 {name} {b64(bytes(raw))}\n"
    with pytest.raises(NotProven, match="getuige"):
        verify_cosignature(read_checkpoint(note, KEY), read_vkey(WITNESS.vkey, WITNESS_KEY))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"entry": entry_of(3)}, "andere entry"),
        ({"entry": "x"}, "geen UUID"),
        ({"blad": b64(leaf(4, name="anders"))}, "klopt niet met het checkpoint"),
        ({"blad": b64(b"[]")}, "geen object"),
        ({"blad": b64(b'{"entry":1,"entry":2}')}, "geen geldige JSON"),
        ({"index": 5}, "klopt niet"),
        ({"index": 11}, "buiten het logboek"),
        ({"index": True}, "index"),
        ({"index": 4.0}, "index"),
        ({"omvang": 10}, "omvang"),
        ({"bewijs": []}, "te kort"),
        ({"bewijs": "x"}, "bewijs"),
        ({"bewijs": [b64(b"short")]}, "32 bytes"),
        ({"checkpoint": checkpoint_of(LEAVES, OTHER)}, "handtekening"),
        ({"more": 1}, "veld"),
    ],
)
def test_names_the_record_that_is_not_proven(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotProven, match=reason):
        verify_entry({**bundle_of(4, LEAVES), **change}, TRUST)


def test_a_refused_proof_names_place_and_entry() -> None:
    with pytest.raises(NotProven) as refused:
        verify_entry({**bundle_of(4, LEAVES), "bewijs": []}, TRUST)
    assert (refused.value.index, refused.value.entry) == (4, entry_of(4))
    assert entry_of(4) in str(refused.value)


def test_says_that_one_view_proves_nothing_about_another() -> None:
    assert "anderen" in verify_entry(bundle_of(4, LEAVES), TRUST).remarks[0]


def test_another_log_of_the_same_size_is_a_split_view() -> None:
    other = [*LEAVES[:10], leaf(99)]
    trusted = read_checkpoint(checkpoint_of(other), KEY)
    with pytest.raises(NotProven, match="twee versies"):
        verify_entry(bundle_of(4, LEAVES), Trust(KEY, trusted))


def test_growth_from_another_log_is_refused() -> None:
    other = read_checkpoint(checkpoint_of([*LEAVES[:5], leaf(99)]), KEY)
    with pytest.raises(NotProven, match="bevat het oudere niet"):
        verify_entry(bundle_of(4, LEAVES), Trust(KEY, other, [consistency_of(6, LEAVES)]))


def test_a_proof_that_goes_on_after_the_root_is_too_long() -> None:
    leaves = [leaf(number) for number in range(16)]
    with pytest.raises(NotProven, match="te lang"):
        verify_inclusion(root_of(leaves[:1]), 0, 8, path_of(0, leaves), root_of(leaves))
    with pytest.raises(NotProven, match="te lang"):
        verify_consistency((4, root_of(leaves[:4])), (8, root_of(leaves)), growth_of(4, leaves))


def test_a_log_that_signs_a_size_it_does_not_have_is_refused() -> None:
    """The log holds the key, so its own root over another number of records must not pass."""
    leaves = [leaf(number) for number in range(16)]
    with pytest.raises(NotProven, match="te kort"):
        verify_inclusion(root_of(leaves[:1]), 0, 32, path_of(0, leaves), root_of(leaves))
    with pytest.raises(NotProven, match="te kort"):
        verify_consistency((4, root_of(leaves[:4])), (32, root_of(leaves)), growth_of(4, leaves))


def test_an_empty_log_has_one_root() -> None:
    verify_consistency((0, EMPTY_ROOT), (11, root_of(LEAVES)), [])
    with pytest.raises(NotProven, match="leeg logboek"):
        verify_consistency((0, bytes(32)), (11, root_of(LEAVES)), [])


def test_an_entry_is_written_in_one_way() -> None:
    bundle = bundle_of(4, LEAVES)
    spelled = f"{{{entry_of(4)}}}"
    other = leaf(4).replace(entry_of(4).encode(), spelled.encode())
    with pytest.raises(NotProven, match="geen UUID"):
        verify_entry({**bundle, "entry": spelled, "blad": b64(other)}, TRUST)


def test_an_export_of_another_log_is_refused() -> None:
    lines = export_of(LEAVES, 11)
    other = json.dumps({"soort": "logboek", "versie": 1, "oorsprong": "another"}).encode() + b"\n"
    with pytest.raises(NotProven, match="geen export"):
        verify_export([other, *lines[1:]], TRUST)


def test_a_whole_log_passes_and_counts_its_checkpoints() -> None:
    proven = verify_export(export_of(LEAVES, 0, 4, 8, 11), TRUST)
    assert proven.facts == {"regels": 11, "zonderTekst": 0, "checkpoints": 4}


def _export(change: Callable[[list[dict[str, Any]]], object]) -> list[bytes]:
    lines = [json.loads(line) for line in export_of(LEAVES, 4, 8, 11)]
    change(lines)
    return [json.dumps(line).encode() + b"\n" for line in lines]


@pytest.mark.parametrize(
    ("change", "index", "reason"),
    [
        (lambda lines: lines[3].update(blad=b64(leaf(2, name="x"))), 2, "gewijzigd"),
        (lambda lines: lines.pop(3), 3, "ontbreekt iets"),
        (lambda lines: lines.insert(3, lines[3]), 2, "staat dubbel"),
        (lambda lines: lines.__setitem__(slice(2, 4), lines[3:1:-1]), 2, "ontbreekt iets"),
        (lambda lines: lines.pop(5), None, None),  # a checkpoint less is no fault
        (lambda lines: lines.pop(), 8, "geen checkpoint over de laatste 3"),
        (lambda lines: lines.__delitem__(slice(9, None)), 4, "geen checkpoint over de laatste"),
        (lambda lines: lines[2].update(entry=entry_of(7)), 1, "andere entry"),
        (lambda lines: lines[5].update(checkpoint=checkpoint_of(LEAVES[:3])), 3, "na 4 regels"),
    ],
)
def test_names_the_first_bad_record_of_a_whole_log(
    change: Callable[[list[dict[str, Any]]], object], index: int | None, reason: str | None
) -> None:
    lines = _export(change)
    if reason is None:
        verify_export(lines, TRUST)
        return
    with pytest.raises(NotProven, match=reason) as refused:
        verify_export(lines, TRUST)
    assert refused.value.index == index


def test_a_record_edited_with_its_hash_is_found_between_two_checkpoints() -> None:
    changed = leaf(5, name="anders")

    def edit(lines: list[dict[str, Any]]) -> None:
        lines[7].update(blad=b64(changed), bladhash=b64(root_of([changed])))

    with pytest.raises(NotProven, match="ergens in regels 4 tot en met 7 is") as refused:
        verify_export(_export(edit), TRUST)
    assert (refused.value.index, refused.value.entry) == (None, None), "which one nobody can say"


@pytest.mark.parametrize(("size", "start"), [(3, 3), (6, 0), (11, 0)])
def test_who_brings_a_checkpoint_trusts_the_stored_ones_no_further(size: int, start: int) -> None:
    """A stored head may have been signed anew over a forged past; the reader's own was not."""
    changed = leaf(5, name="anders")

    def edit(lines: list[dict[str, Any]]) -> None:
        lines[7].update(blad=b64(changed), bladhash=b64(root_of([changed])))

    trusted = read_checkpoint(checkpoint_of(LEAVES[:size]), KEY)
    end = 5 if size == 6 else 7
    with pytest.raises(NotProven, match=f"regels {start} tot en met {end} is"):
        verify_export(_export(edit), Trust(KEY, trusted))


def test_a_shorter_log_than_trusted_was_cut_or_put_back() -> None:
    trusted = read_checkpoint(checkpoint_of(LEAVES), KEY)
    with pytest.raises(
        NotProven, match="er zijn 8 regels, en het vertrouwde checkpoint telt er 11"
    ):
        verify_export(export_of(LEAVES[:8], 8), Trust(KEY, trusted))


def test_records_whose_text_went_are_proven_by_their_hash() -> None:
    proven = verify_export(_export(lambda lines: lines[3].pop("blad")), TRUST)
    assert proven.facts["zonderTekst"] == 1
    assert "van 1 regel is de tekst er niet" in proven.remarks[-1]


def test_an_export_without_texts_proves_no_entry_and_says_so() -> None:
    def strip(lines: list[dict[str, Any]]) -> None:
        for line in lines:
            if "blad" in line:
                del line["blad"]
                line["entry"] = entry_of(99)

    proven = verify_export(_export(strip), TRUST)
    assert "11 ervan zonder tekst" in proven.what
    assert "van 11 regels is de tekst er niet" in proven.remarks[-1]
    assert "niet het nummer (entry)" in proven.remarks[-1]


def test_the_proof_of_a_record_without_text_does_not_name_it() -> None:
    bundle = {**bundle_of(4, LEAVES), "entry": entry_of(99), "bladhash": b64(root_of([leaf(4)]))}
    del bundle["blad"]
    proven = verify_entry(bundle, TRUST)
    assert proven.what.startswith("regel 4 van dit logboek heeft deze bladhash; niet dat")
    assert "van 1 regel is de tekst er niet" in proven.remarks[-1]


def test_no_log_at_all_is_not_proven() -> None:
    for lines in ([], [b"\n"], export_of([], 0)[:1], export_of(LEAVES, 11)[1:]):
        with pytest.raises(NotProven):
            verify_export(lines, TRUST)


def test_runs_alone_with_nothing_of_the_exchange_beside_it(tmp_path: Path) -> None:
    script = tmp_path / "verify_log.py"
    shutil.copy(Path(str(verify_log.__file__)), script)
    bundle, trusted = tmp_path / "bundle.json", tmp_path / "checkpoint"
    bundle.write_text(
        json.dumps({**bundle_of(4, LEAVES), "consistentie": [consistency_of(6, LEAVES)]})
    )
    trusted.write_text(checkpoint_of(LEAVES[:6]))
    command = [sys.executable, "-I", str(script), str(bundle), "--vkey", LOG.vkey]
    command += ["--checkpoint", str(trusted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0], done.stderr) == (
        0,
        f"BEWEZEN: entry {entry_of(4)} is regel 4 van dit logboek",
        "",
    )
    trusted.write_text(checkpoint_of([leaf(50)]))
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("NIET BEWEZEN: ")


def test_the_command_names_a_witness(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export = tmp_path / "log"
    lines = export_of(LEAVES, 4, 11)
    early = json.loads(lines[5])["checkpoint"]
    text = early.partition("\n\n")[0] + "\n"
    lines[5] = json.dumps({"checkpoint": early + WITNESS.line(text, at=0)}).encode() + b"\n"
    export.write_bytes(b"".join(lines))
    assert [note.split("\n")[1] for note in checkpoints_in(export)] == ["4", "11"]
    arguments = [str(export), "--vkey", LOG.vkey, "--witness", WITNESS.vkey]
    assert verify_log.main(arguments) == 0
    told = f"getuige {WITNESS.name} zag de eerste 4 regels op 1970-01-01 00:00:00 UTC"
    assert told in capsys.readouterr().out
    others = [LOG.vkey, Signer("another", 4).vkey, Signer(WITNESS.name, 4, b"\x09" * 32).vkey]
    for other in others:
        assert verify_log.main([*arguments[:3], "--witness", other]) == 1


def test_imports_nothing_of_the_exchange() -> None:
    source = Path(str(verify_log.__file__)).read_text()
    assert "import exchange" not in source
    assert "from exchange" not in source
