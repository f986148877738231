"""One page of a bucket's keys, with those that share a prefix up to a delimiter rolled up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from simulator.services.s3.store import Object

# "up to 1,000" keys in an answer (ListObjectsV2)
MOST_KEYS = 1000


@dataclass(slots=True)
class Page:
    """Objects and common prefixes; `last` is the last name of either, where more follow."""

    objects: list[Object] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: str | None = None

    @property
    def count(self) -> int:
        return len(self.objects) + len(self.prefixes)


def page_of(
    objects: Iterable[Object], *, prefix: str, delimiter: str, after: str, most: int
) -> Page:
    """The first `most` names that come after `after`. A rolled-up prefix counts as one name."""
    page = Page()
    name = ""
    for found in objects:
        rolled = _rolled(found.key, prefix, delimiter)
        following = rolled or found.key
        if following.encode() <= after.encode() or (rolled and rolled == name):
            continue
        if page.count >= most:
            page.last = name
            break
        name = following
        if rolled:
            page.prefixes.append(rolled)
        else:
            page.objects.append(found)
    return page


def _rolled(key: str, prefix: str, delimiter: str) -> str | None:
    """The common prefix that a key falls under; None for a key of its own."""
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]
