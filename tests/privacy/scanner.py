"""Finds any number of patterns in bytes, files and folders, in one pass that they do not slow.

Data is cut into aligned words of four bytes; every pattern of seven bytes or more contains one of
them whole, at whichever of four offsets it begins. So each pattern is known by four words, data is
looked up word by word in one dictionary, and only where a word is known are bytes compared.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.privacy.forms import SHORTEST, Canary, Form, ShortForm, fold, forms, short_forms

_WORD = 4
_LONG = 16
_PIECE = 32 * 1024 * 1024
_OVERLAP = 1024 * 1024
_BLOCK = 64 * 1024
_NOTHING = bytes(_BLOCK)
_INFLATED_AT_MOST = 16 * 1024 * 1024
_STEP = 256  # where a stream breaks, so much of it is lost
_NESTED = 2
_GZIP = re.compile(rb"\x1f\x8b\x08")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_ZIP = re.compile(rb"PK\x03\x04")
_WAL_PAGE = 8192
_WAL_SEGMENT_HEADER = 40
_WAL_PAGE_HEADER = 24
_CROWD = 4  # one in so many of a flock: by chance that never happens


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A canary that was found, or a place that could not be searched."""

    surface: str
    place: str
    canary: str
    form: str


@dataclass
class Findings:
    """What one search saw."""

    hits: set[Hit] = field(default_factory=set)
    searched: Counter[str] = field(default_factory=Counter)
    inflated: int = 0

    def of(self, *canaries: Canary) -> list[Hit]:
        """Give the hits of some canaries, in order."""
        names = {canary.name for canary in canaries}
        return sorted(hit for hit in self.hits if hit.canary in names)

    def where(self, canary: Canary) -> dict[str, set[str]]:
        """Give the forms in which a canary was found, by surface."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for hit in self.of(canary):
            found[hit.surface].add(hit.form)
        return dict(found)


UNREADABLE = "(unreadable)"


class Scanner:
    """Looks for all forms of its canaries; ``findings`` grows with each call."""

    def __init__(self, canaries: Sequence[Canary]) -> None:
        self.findings = Findings()
        self._windows = _windows([form for canary in canaries for form in forms(canary)])
        shorts = [form for canary in canaries for form in short_forms(canary)]
        self._shorts = _anchored(shorts)
        flocks = Counter(canary.flock for canary in canaries if canary.is_number)
        self._enough = {flock: max(5, size // _CROWD) for flock, size in flocks.items()}

    def scan(self, surface: str, place: str, data: bytes) -> None:
        """Search ``data``, and what is compressed within it."""
        self.findings.searched[surface] += len(data)
        self._search(surface, place, data, _NESTED)

    def scan_file(self, surface: str, path: Path, place: str = "") -> None:
        """Search a file; one that cannot be read is a hit: nobody knows what is in it."""
        place = place or str(path)
        try:
            with path.open("rb") as file:
                tail = b""
                while piece := file.read(_PIECE):
                    self.findings.searched[surface] += len(piece)
                    self._search(surface, place, tail + piece, _NESTED)
                    tail = piece[-_OVERLAP:]
        except OSError as error:
            self.findings.hits.add(Hit(surface, place, UNREADABLE, type(error).__name__))

    def scan_wal(self, surface: str, segment: Path) -> None:
        """Search a WAL segment as its records lie in it: they run on across page headers."""
        try:
            pages = segment.read_bytes()
        except OSError as error:
            self.findings.hits.add(Hit(surface, segment.name, UNREADABLE, type(error).__name__))
            return
        starts = range(0, len(pages), _WAL_PAGE)
        headers = (_WAL_PAGE_HEADER if start else _WAL_SEGMENT_HEADER for start in starts)
        cut = (pages[s + h : s + _WAL_PAGE] for s, h in zip(starts, headers, strict=True))
        self.scan(surface, segment.name, b"".join(cut))

    def scan_tree(self, surface: str, root: Path, leave_out: Iterable[Path] = ()) -> None:
        """Search every file below ``root``, through links, and every name on the way."""
        skipped = {path.resolve() for path in leave_out}

        def fail(error: OSError) -> None:
            place = str(error.filename)
            self.findings.hits.add(Hit(surface, place, UNREADABLE, type(error).__name__))

        seen: set[tuple[int, int]] = set()
        for folder, folders, files in os.walk(root, onerror=fail, followlinks=True):
            here = Path(folder)
            folders[:] = [name for name in folders if _is_new(here / name, skipped, seen)]
            self.scan(surface, f"{folder} (names)", "\0".join([*folders, *files]).encode())
            for name in files:
                path = here / name
                if path.resolve() not in skipped and not _is_no_file(path):
                    self.scan_file(surface, path, str(path.relative_to(root)))

    def _search(self, surface: str, place: str, data: bytes, depth: int) -> None:
        for form in self._found(data):
            self.findings.hits.add(Hit(surface, place, form.canary, form.label))
        for (label, flock), names in self._crowds(data).items():
            for name in names if len(names) >= self._enough[flock] else ():
                self.findings.hits.add(Hit(surface, place, name, label))
        if depth:
            for kind, inside in _inflated(data):
                self.findings.inflated += 1
                self._search(surface, f"{place} ({kind})", inside, depth - 1)

    def _found(self, data: bytes) -> Iterator[Form]:
        """Fold case, then look words up; blocks of zeros, common in a database, are skipped."""
        folded = fold(data)
        folded += bytes(-len(folded) % _WORD)
        for start in range(0, len(folded), _BLOCK):
            block = folded[start : start + _BLOCK]
            if block == _NOTHING:
                continue
            words = memoryview(block).cast("I")
            for number in [n for n, word in enumerate(words) if word in self._windows]:
                at = start + number * _WORD
                for form, pattern, offset in self._windows[words[number]]:
                    begin = at - offset
                    if begin < 0 or not folded.startswith(pattern, begin):
                        continue
                    if form.is_in(data, begin):
                        yield form

    def _crowds(self, data: bytes) -> dict[tuple[str, str], set[str]]:
        """Give whose short forms are there, by form and flock."""
        found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for anchor, before, by_pattern in self._shorts:
            size = len(next(iter(by_pattern)))
            for match in anchor.finditer(data):
                begin = match.start() - before
                form = by_pattern.get(data[begin : begin + size]) if begin >= 0 else None
                if form is not None:
                    found[form.label, form.flock].add(form.canary)
        return found


_Windows = dict[int, list[tuple[Form, bytes, int]]]


def _windows(wanted: Sequence[Form]) -> _Windows:
    """Know each pattern by four words, one for each way to lie in memory.

    Of a long one those in its middle; of a short one those that it shares with fewest others, as
    pupil numbers begin alike. Zeros are rare among patterns, and in data they are everywhere.
    """
    folded = [(form, fold(form.pattern)) for form in wanted]
    if any(len(pattern) < SHORTEST for _, pattern in folded):
        raise ValueError("a form is too short to be found")
    short = [pattern for _, pattern in folded if len(pattern) < _LONG]
    shared = Counter(p[at : at + _WORD] for p in short for at in range(len(p) - _WORD + 1))
    shared[bytes(_WORD)] = len(shared) + 1
    windows: _Windows = defaultdict(list)
    for form, pattern in folded:
        for place in _places(pattern, shared):
            windows[_as_word(pattern, place)].append((form, pattern, place))
    return dict(windows)


def _places(pattern: bytes, shared: Counter[bytes]) -> Iterable[int]:
    if len(pattern) >= _LONG:
        middle = len(pattern) // 2
        return range(middle, middle + _WORD)
    every = range(len(pattern) - _WORD + 1)
    return [
        min(every[residue::_WORD], key=lambda at: shared[pattern[at : at + _WORD]])
        for residue in range(_WORD)
    ]


def _as_word(pattern: bytes, place: int) -> int:
    return int.from_bytes(pattern[place : place + _WORD], sys.byteorder)


_Anchored = tuple[re.Pattern[bytes], int, dict[bytes, ShortForm]]


def _anchored(wanted: Sequence[ShortForm]) -> list[_Anchored]:
    """Group short patterns by the two bytes that those of one form have in common."""
    groups: defaultdict[tuple[str, bytes, int], dict[bytes, ShortForm]] = defaultdict(dict)
    for form in wanted:
        before = 2 if form.label == "int32 little-endian" else 0
        anchor = form.pattern[before : before + 2]
        groups[form.label, anchor, before][form.pattern] = form
    return [(re.compile(re.escape(a)), before, found) for (_, a, before), found in groups.items()]


def _inflated(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Give what unpacks: gzip members, zlib streams, and deflated members of a ZIP."""
    view = memoryview(data)
    starts = [("gzip", match.start(), 31) for match in _GZIP.finditer(data)]
    starts += [("zlib", match.start(), 15) for match in _ZLIB.finditer(data)]
    for match in _ZIP.finditer(data):
        lengths = data[match.start() + 26 : match.start() + 30]
        skip = int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
        starts.append(("zip", match.start() + 30 + skip, -15))
    for kind, start, window in starts:
        inside = _unpack(view[start:], window)
        if len(inside) >= SHORTEST:
            yield kind, inside


def _unpack(packed: memoryview, window: int) -> bytes:
    """Unpack as far as it goes; most that looks like a header is chance, and breaks off at once."""
    stream, unpacked = zlib.decompressobj(window), bytearray()
    try:
        for start in range(0, len(packed), _STEP):
            if stream.eof or len(unpacked) > _INFLATED_AT_MOST:
                break
            unpacked += stream.decompress(packed[start : start + _STEP], _INFLATED_AT_MOST)
    except zlib.error:
        pass
    return bytes(unpacked)


def _is_new(folder: Path, skipped: set[Path], seen: set[tuple[int, int]]) -> bool:
    """Whether a folder is to be entered: not left out, and not entered before by another link."""
    if folder.resolve() in skipped:
        return False
    try:
        status = folder.stat()
    except OSError:
        return True  # walking into it will say why not
    identity = (status.st_dev, status.st_ino)
    if identity in seen:
        return False
    seen.add(identity)
    return True


def _is_no_file(path: Path) -> bool:
    """Whether there is nothing to read, as in a socket or a pipe; a broken link is unreadable."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode)
