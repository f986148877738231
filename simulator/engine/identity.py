"""Ids, jitter and durations from the seed.

Each value is a hash of (seed, kind, place, occurrence) and never the next number of a stream: one
more call or state doesn't shift what comes after it, so plans replay and equal plans merge.
"""

from __future__ import annotations

import hashlib


class Identity:
    """The one source of ids and of model noise in a simulation."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._seen: dict[tuple[str, str], int] = {}

    def occurrence(self, kind: str, place: str) -> int:
        """How often this (kind, place) has been asked for, this time included: 1, 2, 3, ..."""
        count = self._seen.get((kind, place), 0) + 1
        self._seen[kind, place] = count
        return count

    def digest(self, kind: str, place: str, occurrence: int) -> bytes:
        """16 bytes that depend on the four values alone."""
        text = f"{self.seed}\0{kind}\0{place}\0{occurrence}".encode()
        return hashlib.blake2b(text, digest_size=16).digest()

    def fraction(self, kind: str, place: str, occurrence: int) -> float:
        """A number in [0, 1)."""
        return int.from_bytes(self.digest(kind, place, occurrence)[:6], "big") / float(1 << 48)

    def uuid(self, kind: str, place: str, occurrence: int | None = None) -> str:
        """A UUID (version 4 in form); without an occurrence, the next one of this place."""
        if occurrence is None:
            occurrence = self.occurrence(kind, place)
        digits = bytearray(self.digest(kind, place, occurrence))
        digits[6] = digits[6] & 0x0F | 0x40
        digits[8] = digits[8] & 0x3F | 0x80
        text = digits.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
