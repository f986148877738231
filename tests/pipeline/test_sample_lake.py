from __future__ import annotations

import csv
import gzip
import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

DAYS = [f"2024-01-0{day}" for day in range(2, 9)]
MakeLake = Callable[..., Path]


def lines(folder: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for file in sorted(folder.rglob("*.csv.gz")):
        with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
            found += csv.DictReader(text)
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.csv.gz")}


def test_the_same_options_give_the_same_bytes_and_another_seed_others(
    sample_lake: ModuleType, tmp_path: Path
) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        sample_lake.fill(tmp_path / name, days=2, scale=0.2, seed=seed)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_filling_again_leaves_nothing_of_the_lake_before(
    sample_lake: ModuleType, tmp_path: Path
) -> None:
    sample_lake.fill(tmp_path, days=3, scale=0.1)
    sample_lake.fill(tmp_path, days=1, scale=0.1)
    assert [folder.name for folder in (tmp_path / "store_sales").iterdir()] == ["2024-01-08"]


def test_each_day_sells_items_and_reaches_addresses_that_are_new_or_changed_that_day(
    make_lake: MakeLake,
) -> None:
    lake = make_lake()
    for day in DAYS:
        sold = [s for s in lines(lake / "store_sales" / day) if s["ss_sold_date"] == day]
        items = {line["i_item_id"] for line in lines(lake / "item" / day)}
        addresses = {line["ca_address_id"] for line in lines(lake / "customer_address" / day)}
        assert items <= {sale["i_item_id"] for sale in sold}
        assert addresses <= {sale["ca_address_id"] for sale in sold}
        earlier = {
            line["ca_address_id"]
            for folder in (lake / "customer_address").iterdir()
            if folder.name < day
            for line in lines(folder)
        }
        assert addresses - earlier
        assert addresses & earlier


def test_items_are_new_repriced_reworded_or_back_at_an_old_price(make_lake: MakeLake) -> None:
    lake = make_lake()
    histories: dict[str, list[dict[str, str]]] = {}
    for line in lines(lake / "item"):
        histories.setdefault(line["i_item_id"], []).append(line)
    prices = [[line["i_current_price"] for line in history] for history in histories.values()]
    assert any(history[0]["i_changed_date"] > "2024-01-01" for history in histories.values())
    assert any(len(set(series)) > 1 for series in prices)
    assert any(a == b for series in prices for a, b in itertools.pairwise(series))
    assert any(
        a == c != b
        for series in prices
        for a, b, c in zip(series, series[1:], series[2:], strict=False)
    )


def test_the_feed_is_as_untidy_as_real_ones(make_lake: MakeLake) -> None:
    lake = make_lake()
    for day in DAYS:
        sales = lines(lake / "store_sales" / day)
        sold_on = {sale["ss_sold_date"] for sale in sales}
        assert min(sold_on) < day < max(sold_on)
        tickets = Counter((sale["ss_ticket_number"], sale["i_item_id"]) for sale in sales)
        assert max(tickets.values()) > 1
    addresses = lines(lake / "customer_address")
    assert any(line["ca_zip"] == "" for line in addresses)
    assert any("," in line["ca_suite_number"] for line in addresses)
    assert any(not line["ca_street_name"].isascii() for line in addresses)
    assert any('"' in line["i_product_name"] for line in lines(lake / "item"))


def test_stores_stand_in_several_regions_and_in_two_bethels(make_lake: MakeLake) -> None:
    stores = lines(make_lake() / "store")
    assert len({store["s_division_name"] for store in stores}) >= 3
    assert {store["s_state"] for store in stores if store["s_city"] == "Bethel"} == {"OH", "CT"}
    assert len({s["s_country"] for s in stores if s["s_division_name"] == "North America"}) == 3


def test_the_calendar_has_tpc_ds_keys(make_lake: MakeLake) -> None:
    # TPC-DS gives 1900-01-02 the key 2415022, the Julian day number; 2000-01-01 is 2451545
    keys = {line["d_date"]: line["d_date_sk"] for line in lines(make_lake() / "date_dim")}
    assert int(keys["2024-01-08"]) - 2451545 == 8773


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"days": 0}, "expected days within"),
        ({"days": 2, "last_day": "2023-01-01"}, "expected days within"),
        ({"scale": 0}, "expected a scale above 0, got 0"),
        ({"last_day": "8 January"}, "Invalid isoformat"),
    ],
)
def test_options_outside_the_calendar_are_refused(
    sample_lake: ModuleType, tmp_path: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sample_lake.fill(tmp_path, **options)


def test_a_year_of_changes_stays_within_the_columns(
    sample_lake: ModuleType, tmp_path: Path
) -> None:
    sample_lake.fill(tmp_path, days=365, scale=0.01)
    items = lines(tmp_path / "item")
    assert max(len(line["i_item_desc"].encode()) for line in items) <= 200
    assert max(float(line["i_current_price"]) for line in items) < 10_000
