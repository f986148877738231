"""A small data lake in the TPC-DS shape, the same bytes for the same options.

`fill(folder)` writes what the pipeline's bucket would hold, as gzip CSV with a header line:

* `customer/`, `store/`, `date_dim/`: reference data, whole;
* `customer_address/<date>/`, `item/<date>/`: change logs. The first folder, the day before the
  first sales day, holds everything known by then; each later one what arrived or changed that day;
* `store_sales/<date>/part-*.csv.gz`: what the stores sent in that night.

The feed is as untidy as real ones: sales that arrive late or carry tomorrow's date, addresses
without a zip, commas, quotes and umlauts, prices that come back, an item twice on one ticket. And
it betrays every wrong order: each day sells items that are new or repriced that very day, to
addresses that arrive that very day.

    python statemachine/sample_lake.py --days 7 --scale 1 FOLDER
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random  # noqa: TID251 - a lake is made from its seed, outside any simulation

Row = list[str]
HEADERS = {
    "customer": "c_customer_sk c_customer_id c_first_name c_last_name c_email_address",
    "store": "s_store_sk s_store_id s_store_name s_city s_state s_zip s_country s_division_name",
    "date_dim": "d_date_sk d_date d_day_name d_week_seq d_moy d_year d_weekend",
    "customer_address": "ca_address_id ca_changed_date ca_street_number ca_street_name "
    "ca_suite_number ca_city ca_county ca_state ca_zip ca_country ca_gmt_offset",
    "item": "i_item_id i_changed_date i_product_name i_item_desc i_brand i_category "
    "i_current_price",
    "store_sales": "ss_sold_date ss_sold_time ss_ticket_number s_store_id c_customer_id "
    "ca_address_id i_item_id ss_quantity ss_wholesale_cost ss_sales_price ss_coupon_amt ss_ext_tax",
}

FIRST_CALENDAR_DAY, LAST_CALENDAR_DAY = date(2023, 1, 1), date(2025, 12, 31)

# name, city, state, country, zip, division: the division is the sales region. Bethel is in more
# than one state, so a report that forgets the state shows.
STORES = (
    ("Bethel Main Street", "Bethel", "OH", "United States", "45106", "North America"),
    ("Bethel Crossing", "Bethel", "OH", "United States", "45106", "North America"),
    ("Bethel Plaza", "Bethel", "OH", "United States", "45106", "North America"),
    ("Greenwood Avenue", "Bethel", "CT", "United States", "06801", "North America"),
    ("Fairview Mall", "Fairview", "TN", "United States", "37062", "North America"),
    ("Midway", "Midway", "GA", "United States", "31320", "North America"),
    ("Queen Street", "Toronto", "ON", "Canada", "M5V 2A1", "North America"),
    ("Avenida Vallarta", "Guadalajara", "JAL", "Mexico", "44130", "North America"),
    ("Oxford Circus", "London", "", "United Kingdom", "W1B 3AG", "Europe"),
    ("Alexanderplatz", "Berlin", "BE", "Germany", "10178", "Europe"),
    ("Bahnhofstraße", "Zürich", "ZH", "Switzerland", "8001", "Europe"),
    ("Umeda", "Osaka", "", "Japan", "530-0001", "Asia Pacific"),
    ("Pitt Street", "Sydney", "NSW", "Australia", "2000", "Asia Pacific"),
)
ADDRESS_KEYS = 1_000_000
FIRST_NAMES = ("Ann", "Ben", "Chloé", "Dmitri", "Eva", "Farid", "Grace", "Hiro", "Inés", "Jörg")
LAST_NAMES = ("Adams", "Brown", "Castillo", "Dupont", "Evans", "Fischer", "García", "O'Neil")
STREETS = ("Main Street", "Oak Avenue", "Hill Road", "Lake Drive", "Elm Court", "Gartenstraße")
CITIES = (
    ("Bethel", "Clermont County", "OH", "45106", "United States", "-5.00"),
    ("Cincinnati", "Hamilton County", "OH", "45202", "United States", "-5.00"),
    ("Fairview", "Williamson County", "TN", "37062", "United States", "-6.00"),
    ("Toronto", "", "ON", "M4B 1B3", "Canada", "-5.00"),
    ("São Paulo", "", "SP", "01310-100", "Brazil", "-3.00"),
    ("Berlin", "", "BE", "10115", "Germany", "1.00"),
)
CATEGORIES = {
    "Home": ("skillet", "lamp", "rug"),
    "Books": ("atlas", "novel", "cookbook"),
    "Sports": ("racket", "ball", "tent"),
    "Music": ("record", "guitar", "drum"),
}


@dataclass(frozen=True)
class Address:
    key: str
    customer: str
    street_number: str
    street_name: str
    suite: str
    place: tuple[str, str, str, str, str, str]


@dataclass(frozen=True)
class Item:
    key: str
    name: str
    edition: int
    brand: str
    category: str
    price: Decimal


@dataclass
class Feed:
    """What the sources know so far; each day adds to it."""

    random: Random
    addresses: list[Address] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    # the price an item had before its last change
    former_prices: dict[str, Decimal] = field(default_factory=dict)
    customers: int = 0


def cents(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-2)


def business_key(number: int) -> str:
    """TPC-DS's 16 letters for a number: 1 is AAAAAAAABAAAAAAA."""
    digits = "".join(chr(ord("A") + (number >> shift & 15)) for shift in range(0, 32, 4))
    return "A" * 8 + digits


def fill(
    folder: Path,
    *,
    days: int = 7,
    scale: float = 1,
    seed: int = 0,
    last_day: str = "2024-01-08",
) -> None:
    """Write the lake of the `days` sales days up to `last_day` into `folder`, replacing what is
    there. `scale` 1 is about 2,400 sales a day; the same options give the same bytes.

    Raises ValueError for days outside the calendar or a scale that isn't positive.
    """
    last = date.fromisoformat(last_day)
    first = last - timedelta(days=days - 1)
    if days < 1 or first <= FIRST_CALENDAR_DAY or last > LAST_CALENDAR_DAY:
        raise ValueError(
            f"sample lake: expected days within {FIRST_CALENDAR_DAY} and {LAST_CALENDAR_DAY}, "
            f"got {days} days up to {last_day}"
        )
    if scale <= 0:
        raise ValueError(f"sample lake: expected a scale above 0, got {scale!r}")
    for table in HEADERS:
        shutil.rmtree(folder / table, ignore_errors=True)
    feed = Feed(Random(f"{seed} {scale}"))  # noqa: S311 - sample data, not cryptography
    newcomers = max(3, round(8 * scale))
    open_feed(feed, households=max(40, round(600 * scale)), items=max(30, round(240 * scale)))
    base = first - timedelta(days=1)
    write_addresses(folder, base, feed.addresses)
    write_items(folder, base, feed.items)
    for number in range(days):
        day = first + timedelta(days=number)
        new_addresses = move_households(feed, newcomers)
        new_items = change_items(feed, newcomers)
        write_addresses(folder, day, new_addresses)
        write_items(folder, day, new_items)
        sales = sell(feed, day, scale=scale, addresses=new_addresses, items=new_items)
        write_sales(folder, day, sales)
    write_reference(folder, feed)


def open_feed(feed: Feed, *, households: int, items: int) -> None:
    """What the sources hold before the first day."""
    for number in range(1, households + 1):
        feed.addresses.append(make_address(feed.random, number))
    feed.customers = households
    for number in range(1, items + 1):
        feed.items.append(make_item(feed.random, number))


def make_address(random: Random, number: int) -> Address:
    place = random.choice(CITIES)
    if random.random() < 0.03:
        city, county, state, _, country, offset = place
        place = (city, county, state, "", country, offset)
    suite = "Suite 5, North Wing" if random.random() < 0.05 else ""
    # Keys of their own: a join of a customer's key with an address's finds nothing.
    return Address(
        business_key(ADDRESS_KEYS + number),
        business_key(number),
        str(random.randint(1, 999)),
        random.choice(STREETS),
        suite,
        place,
    )


def make_item(random: Random, number: int) -> Item:
    category = random.choice(sorted(CATEGORIES))
    thing = random.choice(CATEGORIES[category])
    name = f'{random.randint(6, 20)}" {thing}' if random.random() < 0.1 else f"{thing} {number}"
    brand = f"{category.lower()}brand #{random.randint(1, 9)}"
    price = cents(random.randint(199, 9999))
    return Item(business_key(number), name, 1, brand, category, price)


def move_households(feed: Feed, count: int) -> list[Address]:
    """The day's address changes: some households are new, some known ones moved."""
    random = feed.random
    changes = []
    for index in random.sample(range(len(feed.addresses)), count):
        # household n stands at place n - 1
        feed.addresses[index] = make_address(random, index + 1)
        changes.append(feed.addresses[index])
    for _ in range(count):
        feed.customers += 1
        feed.addresses.append(make_address(random, feed.customers))
        changes.append(feed.addresses[-1])
    return changes


def change_items(feed: Feed, count: int) -> list[Item]:
    """The day's item changes: new prices, two of them back to what they were before, new words
    at the old price, new items."""
    random = feed.random
    returning = [n for n, item in enumerate(feed.items) if item.key in feed.former_prices][:2]
    others = [n for n in range(len(feed.items)) if n not in returning]
    chosen = returning + random.sample(others, 2 * count - len(returning))
    changes = []
    for position, index in enumerate(chosen):
        item = feed.items[index]
        if position < count:
            price = item.price + cents(random.randint(10, 500))
            price = feed.former_prices.pop(item.key, price)
            if position >= len(returning):
                feed.former_prices[item.key] = item.price
            feed.items[index] = replace(item, price=price)
        else:
            feed.items[index] = replace(item, edition=item.edition + 1)
        changes.append(feed.items[index])
    for _ in range(max(2, count // 2)):
        feed.items.append(make_item(random, len(feed.items) + 1))
        changes.append(feed.items[-1])
    return changes


def sell(
    feed: Feed, day: date, *, scale: float, addresses: Sequence[Address], items: Sequence[Item]
) -> list[Row]:
    """One day's file. Its first tickets betray a wrong order: each changed address buys on one,
    each changed item is on one."""
    random = feed.random
    telling = max(len(addresses), len(items))
    tickets = telling + round(800 * scale)
    rows: list[Row] = []
    for number in range(tickets):
        buyer = addresses[number] if number < len(addresses) else random.choice(feed.addresses)
        basket = random.choices(feed.items, k=random.randint(1, 5))
        if number < len(items):
            basket.append(items[number])
        if random.random() < 0.02:
            basket.append(basket[0])
        sold_on = day
        if number == tickets - 1:
            # a till whose clock is ahead
            sold_on = day + timedelta(days=1)
        elif number >= telling and (number == telling or random.random() < 0.015):
            sold_on = day - timedelta(days=random.randint(1, 3))
        ticket = (day.toordinal() - 730_000) * 1_000_000 + number
        store = 1 + number % len(STORES)
        rows.extend(sale(random, sold_on, ticket, store, buyer, item) for item in basket)
    return rows


def sale(random: Random, day: date, ticket: int, store: int, buyer: Address, item: Item) -> Row:
    quantity = random.randint(1, 5)
    price = (item.price * random.choice((70, 80, 90, 100, 100, 100)) / 100).quantize(
        Decimal("0.01")
    )
    cost = (item.price * Decimal("0.55")).quantize(Decimal("0.01"))
    coupon = min(price * quantity, Decimal(5)) if random.random() < 0.05 else Decimal(0)
    tax = (price * quantity * Decimal("0.08")).quantize(Decimal("0.01"))
    values = (
        day,
        random.randint(8 * 3600, 21 * 3600),
        ticket,
        business_key(store),
        buyer.customer,
        buyer.key,
        item.key,
        quantity,
        cost,
        price,
        coupon,
        tax,
    )
    return [str(value) for value in values]


def write_addresses(folder: Path, day: date, addresses: Iterable[Address]) -> None:
    rows = [
        [a.key, day.isoformat(), a.street_number, a.street_name, a.suite, *a.place]
        for a in addresses
    ]
    write_csv(folder, "customer_address", rows, day=day)


def write_items(folder: Path, day: date, items: Iterable[Item]) -> None:
    rows = [
        [
            i.key,
            day.isoformat(),
            i.name,
            f"A fine {i.name}, edition {i.edition}",
            i.brand,
            i.category,
            str(i.price),
        ]
        for i in items
    ]
    write_csv(folder, "item", rows, day=day)


def write_sales(folder: Path, day: date, rows: Sequence[Row], parts: int = 3) -> None:
    for part in range(parts):
        write_csv(folder, "store_sales", rows[part::parts], day=day, part=part)


def write_reference(folder: Path, feed: Feed) -> None:
    """Customers, stores and the calendar, with TPC-DS's numeric keys."""
    customers = [
        [
            str(number),
            business_key(number),
            FIRST_NAMES[number % len(FIRST_NAMES)],
            LAST_NAMES[number % len(LAST_NAMES)],
            f"customer{number}@example.com",
        ]
        for number in range(1, feed.customers + 1)
    ]
    write_csv(folder, "customer", customers)
    stores = [
        [str(number), business_key(number), name, city, state, zip_code, country, division]
        for number, (name, city, state, country, zip_code, division) in enumerate(STORES, 1)
    ]
    write_csv(folder, "store", stores)
    length = (LAST_CALENDAR_DAY - FIRST_CALENDAR_DAY).days + 1
    calendar = [calendar_row(FIRST_CALENDAR_DAY + timedelta(days=n)) for n in range(length)]
    write_csv(folder, "date_dim", calendar)


def calendar_row(day: date) -> Row:
    """`d_date_sk` is TPC-DS's: the Julian day number, 2415022 for 1900-01-02."""
    # weeks begin on Monday, as DATE_TRUNC('week', ...) has them; 1900-01-01 was one
    week = (day - date(1900, 1, 1)).days // 7 + 1
    weekend = "Y" if day.weekday() >= 5 else "N"
    key = day.toordinal() + 1721425
    values = (key, day, f"{day:%A}", week, day.month, day.year, weekend)
    return [str(value) for value in values]


def write_csv(
    folder: Path, table: str, rows: Iterable[Row], *, day: date | None = None, part: int = 0
) -> None:
    """Gzip without a time or a name in its header, so equal rows are equal bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADERS[table].split())
    writer.writerows(rows)
    path = folder / table / ("" if day is None else day.isoformat()) / f"part-{part:04}.csv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=6, mtime=0))


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a sample data lake in the TPC-DS shape.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--last-day", default="2024-01-08")
    options = parser.parse_args()
    try:
        fill(
            options.folder,
            days=options.days,
            scale=options.scale,
            seed=options.seed,
            last_day=options.last_day,
        )
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
