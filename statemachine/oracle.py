"""What the pipeline owes, computed from the lake's files in plain Python.

No SQL, nothing of the pipeline and nothing of what generated the lake: a wrong join in the pipeline
can't be here as well. The expected tables depend on the set of dates loaded, not on their order.
Rows are tuples in the order of the table's columns; numbers with decimals are `Decimal`, days are
`date`, an empty field is None. Every result is sorted.

    Oracle(Path(".simulator/lake")).store_sales([date(2024, 1, 8)])
"""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

Row: TypeAlias = tuple[Any, ...]
# A line of a file by its column names; None where the field is empty.
Line: TypeAlias = Mapping[str, Any]

ADDRESS_COLUMNS = (
    "ca_street_number",
    "ca_street_name",
    "ca_suite_number",
    "ca_city",
    "ca_county",
    "ca_state",
    "ca_zip",
    "ca_country",
)
ITEM_COLUMNS = ("i_product_name", "i_item_desc", "i_brand", "i_category")


class Oracle:
    """The expected tables for one lake. Dates may come in any order and more than once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def customer_address(self, dates: Iterable[date]) -> list[Row]:
        """The addresses, each as its newest change up to the latest date loaded left it."""
        latest = max(dates)
        rows = []
        for key, changes in self._address_changes.items():
            known = [line for line in changes if line["day"] <= latest]
            if known:
                newest = known[-1]
                offset = None if newest["ca_gmt_offset"] is None else money(newest["ca_gmt_offset"])
                words = [newest[name] for name in ADDRESS_COLUMNS]
                rows.append((hash_key(key), key, *words, offset, known[0]["day"], newest["day"]))
        return sorted(rows)

    def item(self, dates: Iterable[date]) -> list[Row]:
        """All item versions that the changes up to the latest date loaded make."""
        latest = max(dates)
        rows = []
        for key, changes in self._item_changes.items():
            known = [line for line in changes if line["day"] <= latest]
            versions = price_versions(known)
            for number, (start, price) in enumerate(versions):
                following = versions[number + 1 : number + 2]
                end = following[0][0] - timedelta(days=1) if following else None
                newest = known[-1]
                words = [newest[name] for name in ITEM_COLUMNS]
                surrogate = hash_key(f"{key}{start.isoformat()}")
                rows.append((surrogate, key, start, end, price, *words, newest["day"]))
        return sorted(rows, key=lambda row: row[:1])

    def store_sales(self, dates: Iterable[date]) -> list[Row]:
        """The fact rows. Equal sales stay as often as they were made."""
        rows = [row for day in set(dates) for row in self._loaded(day)]
        return sorted(rows, key=repr)

    def report(self, day: date) -> dict[str, int]:
        """Of one day: rows in its files, left out for their date or for want of a match, loaded."""
        lines = list(read_lines(self.folder / "store_sales" / day.isoformat()))
        own = sum(line["ss_sold_date"] == day.isoformat() for line in lines)
        loaded = len(self._loaded(day))
        return {
            "rows_in_files": len(lines),
            "rows_of_other_dates": len(lines) - own,
            "rows_without_match": own - loaded,
            "rows_loaded": loaded,
        }

    def bethel_daily(self, dates: Iterable[date]) -> list[Row]:
        """Day, orders and sales of all stores in Bethel, OH."""
        groups = self._sales_by_day(
            dates, lambda store: (store["s_city"], store["s_state"]) == ("Bethel", "OH")
        )
        return [(day, len(tickets), sales) for day, (tickets, sales) in sorted(groups.items())]

    def north_america_weekly(self, dates: Iterable[date]) -> list[Row]:
        """Monday of the week, days with sales, orders and sales of the North America region."""
        days = self._sales_by_day(dates, lambda store: store["s_division_name"] == "North America")
        weeks: dict[date, list[date]] = defaultdict(list)
        for day in days:
            weeks[day - timedelta(days=day.weekday())].append(day)
        return [
            (
                monday,
                len(members),
                len(set().union(*(days[day][0] for day in members))),
                sum((days[day][1] for day in members), Decimal(0)),
            )
            for monday, members in sorted(weeks.items())
        ]

    def _sales_by_day(
        self, dates: Iterable[date], wanted: Any
    ) -> dict[date, tuple[set[int], Decimal]]:
        """Ticket numbers and sales of the wanted stores for each day that has any."""
        days_by_key = {day["d_date_sk"]: date.fromisoformat(day["d_date"]) for day in self._days}
        stores = {store["s_store_sk"] for store in self._stores if wanted(store)}
        groups: dict[date, tuple[set[int], Decimal]] = {}
        for row in self.store_sales(dates):
            if str(row[5]) in stores:
                day = days_by_key[str(row[0])]
                tickets, sales = groups.get(day, (set(), Decimal(0)))
                groups[day] = (tickets | {row[6]}, sales + row[12])
        return groups

    def _loaded(self, day: date) -> list[Row]:
        """The fact rows of one day: its own sales that find a date, store, item and address."""
        rows = []
        for line in read_lines(self.folder / "store_sales" / day.isoformat()):
            version = self._version(line["i_item_id"], day)
            store = self._store_keys.get(line["s_store_id"])
            if (
                line["ss_sold_date"] == day.isoformat()
                and version is not None
                and store is not None
                and day in self._day_keys
                and self._first_days.get(line["ca_address_id"], date.max) <= day
            ):
                rows.append(self._fact(line, day, store, version))
        return rows

    def _fact(self, line: Line, day: date, store: int, version: tuple[date, Decimal]) -> Row:
        """One row of `store_sales`."""
        quantity = int(line["ss_quantity"])
        cost, price = money(line["ss_wholesale_cost"]), money(line["ss_sales_price"])
        coupon, tax = money(line["ss_coupon_amt"]), money(line["ss_ext_tax"])
        start, list_price = version
        paid = quantity * price - coupon
        return (
            self._day_keys[day],
            int(line["ss_sold_time"]),
            hash_key(f"{line['i_item_id']}{start.isoformat()}"),
            self._customer_keys.get(line["c_customer_id"]),
            hash_key(line["ca_address_id"]),
            store,
            int(line["ss_ticket_number"]),
            quantity,
            cost,
            list_price,
            price,
            quantity * (list_price - price),
            quantity * price,
            tax,
            coupon,
            paid,
            paid + tax,
            paid - quantity * cost,
        )

    def _version(self, item: str, day: date) -> tuple[date, Decimal] | None:
        """First day and price of the item version that stands on `day`."""
        known = [line for line in self._item_changes.get(item, []) if line["day"] <= day]
        return price_versions(known)[-1] if known else None

    @cached_property
    def _address_changes(self) -> dict[str, list[Line]]:
        return changes_by_key(self.folder / "customer_address", "ca_address_id", "ca_changed_date")

    @cached_property
    def _item_changes(self) -> dict[str, list[Line]]:
        return changes_by_key(self.folder / "item", "i_item_id", "i_changed_date")

    @cached_property
    def _first_days(self) -> dict[str, date]:
        return {key: changes[0]["day"] for key, changes in self._address_changes.items()}

    @cached_property
    def _stores(self) -> list[Line]:
        return list(read_lines(self.folder / "store"))

    @cached_property
    def _store_keys(self) -> dict[str, int]:
        return {line["s_store_id"]: int(line["s_store_sk"]) for line in self._stores}

    @cached_property
    def _customer_keys(self) -> dict[str, int]:
        lines = read_lines(self.folder / "customer")
        return {line["c_customer_id"]: int(line["c_customer_sk"]) for line in lines}

    @cached_property
    def _days(self) -> list[Line]:
        return list(read_lines(self.folder / "date_dim"))

    @cached_property
    def _day_keys(self) -> dict[date, int]:
        return {date.fromisoformat(day["d_date"]): int(day["d_date_sk"]) for day in self._days}


def read_lines(folder: Path) -> Iterator[Line]:
    """The lines of all files at or below `folder`. Raises FileNotFoundError where there is none."""
    files = sorted(folder.rglob("*.csv.gz"))
    if not files:
        raise FileNotFoundError(f"{folder}: expected at least one *.csv.gz file, got none")
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
            for line in csv.DictReader(text):
                yield {name: value or None for name, value in line.items()}


def changes_by_key(folder: Path, key: str, changed: str) -> dict[str, list[Line]]:
    """A change log's lines for each business key, oldest first; `day` is the day of the change."""
    changes: dict[str, list[Line]] = defaultdict(list)
    for line in read_lines(folder):
        changes[line[key]].append({**line, "day": date.fromisoformat(line[changed])})
    return {name: sorted(lines, key=lambda line: line["day"]) for name, lines in changes.items()}


def price_versions(changes: Iterable[Line]) -> list[tuple[date, Decimal]]:
    """First day and price of each version: a change at the same price begins none."""
    versions: list[tuple[date, Decimal]] = []
    for line in changes:
        price = money(line["i_current_price"])
        if not versions or versions[-1][1] != price:
            versions.append((line["day"], price))
    return versions


def hash_key(text: str) -> int:
    """A surrogate key: the first 60 bits of the business key's MD5."""
    return int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:15], 16)


def money(text: str) -> Decimal:
    """An amount with two decimals."""
    return Decimal(text).quantize(Decimal("0.01"))
