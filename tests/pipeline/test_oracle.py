"""The oracle on a lake small enough to work out by hand."""

from __future__ import annotations

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

LAKE = {
    "date_dim/a": "d_date_sk,d_date\n10,2024-01-06\n11,2024-01-07\n12,2024-01-08\n",
    "store/a": (
        "s_store_sk,s_store_id,s_city,s_state,s_division_name\n"
        "1,S1,Bethel,OH,North America\n2,S2,Bethel,CT,North America\n3,S3,Bethel,OH,Europe\n"
    ),
    "customer/a": "c_customer_sk,c_customer_id\n7,C7\n",
    "customer_address/2024-01-05/a": (
        "ca_address_id,ca_changed_date,ca_street_number,ca_street_name,ca_suite_number,ca_city,"
        "ca_county,ca_state,ca_zip,ca_country,ca_gmt_offset\n"
        'A1,2024-01-05,1,"Main, North",,Bethel,,OH,,US,-5.0\n'
    ),
    "customer_address/2024-01-07/a": (
        "ca_address_id,ca_changed_date,ca_street_number,ca_street_name,ca_suite_number,ca_city,"
        "ca_county,ca_state,ca_zip,ca_country,ca_gmt_offset\n"
        "A1,2024-01-07,2,Elm,,Bethel,,OH,45106,US,-5\n"
        "A2,2024-01-07,3,Oak,,Bethel,,OH,45106,US,-5\n"
    ),
    "item/2024-01-05/a": (
        "i_item_id,i_changed_date,i_product_name,i_item_desc,i_brand,i_category,i_current_price\n"
        "I1,2024-01-05,lamp,old,b,c,10\n"
    ),
    "item/2024-01-06/a": (
        "i_item_id,i_changed_date,i_product_name,i_item_desc,i_brand,i_category,i_current_price\n"
        "I1,2024-01-06,lamp,new,b,c,10.00\n"
    ),
    "item/2024-01-07/a": (
        "i_item_id,i_changed_date,i_product_name,i_item_desc,i_brand,i_category,i_current_price\n"
        "I1,2024-01-07,lamp,new,b,c,12\n"
    ),
    "item/2024-01-08/a": (
        "i_item_id,i_changed_date,i_product_name,i_item_desc,i_brand,i_category,i_current_price\n"
        "I1,2024-01-08,lamp,new,b,c,10\n"
    ),
    # a sale of 6 January; one to an address of tomorrow
    "store_sales/2024-01-06/a": (
        "ss_sold_date,ss_sold_time,ss_ticket_number,s_store_id,c_customer_id,ca_address_id,"
        "i_item_id,ss_quantity,ss_wholesale_cost,ss_sales_price,ss_coupon_amt,ss_ext_tax\n"
        "2024-01-06,1,100,S1,C7,A1,I1,2,4,9,1,1.44\n"
        "2024-01-06,1,101,S1,C7,A2,I1,2,4,9,1,1.44\n"
    ),
    # the same item twice on a ticket, a late row, no such store, a customer nobody knows
    "store_sales/2024-01-07/a": (
        "ss_sold_date,ss_sold_time,ss_ticket_number,s_store_id,c_customer_id,ca_address_id,"
        "i_item_id,ss_quantity,ss_wholesale_cost,ss_sales_price,ss_coupon_amt,ss_ext_tax\n"
        "2024-01-07,1,102,S1,C7,A1,I1,1,4,12,0,0\n"
        "2024-01-07,1,102,S1,C7,A1,I1,1,4,12,0,0\n"
        "2024-01-06,1,103,S1,C7,A1,I1,1,4,12,0,0\n"
        "2024-01-07,1,104,S9,C7,A1,I1,1,4,12,0,0\n"
        "2024-01-07,1,105,S2,C9,A2,I1,1,4,11,0,0\n"
    ),
    "store_sales/2024-01-08/a": (
        "ss_sold_date,ss_sold_time,ss_ticket_number,s_store_id,c_customer_id,ca_address_id,"
        "i_item_id,ss_quantity,ss_wholesale_cost,ss_sales_price,ss_coupon_amt,ss_ext_tax\n"
        "2024-01-08,1,106,S3,C7,A1,I1,1,4,10,0,0\n"
        "2024-01-08,1,107,S1,C7,A1,I1,3,4,10,0,0\n"
    ),
}
DAY6, DAY7, DAY8 = (date(2024, 1, day) for day in (6, 7, 8))


@pytest.fixture
def small(oracle: ModuleType, tmp_path: Path) -> object:
    for name, text in LAKE.items():
        file = tmp_path / f"{name}.csv.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(text.encode()))
    return oracle.Oracle(tmp_path)


def test_an_address_is_what_its_newest_change_says(small) -> None:
    (row,) = small.customer_address([DAY6])
    expected = ("A1", "1", "Main, North", None, "Bethel", None, "OH", None, "US", Decimal("-5.00"))
    assert row[1:] == (*expected, date(2024, 1, 5), date(2024, 1, 5))
    moved = {row[1]: row[2:4] + row[-2:] for row in small.customer_address([DAY7])}
    assert moved == {"A1": ("2", "Elm", date(2024, 1, 5), DAY7), "A2": ("3", "Oak", DAY7, DAY7)}


def test_an_older_date_takes_nothing_back(small) -> None:
    assert small.customer_address([DAY8, DAY6]) == small.customer_address([DAY6, DAY8])
    assert small.item([DAY8, DAY6]) == small.item([DAY8])


def test_a_price_makes_a_version_and_words_do_not(small) -> None:
    versions = sorted(row[2:5] + row[6:7] + row[9:] for row in small.item([DAY7]))
    assert versions == [
        (date(2024, 1, 5), DAY6, Decimal("10.00"), "new", DAY7),
        (DAY7, None, Decimal("12.00"), "new", DAY7),
    ]


def test_a_price_that_comes_back_makes_a_third_version(small) -> None:
    versions = sorted(row[2:5] for row in small.item([DAY8]))
    assert versions == [
        (date(2024, 1, 5), DAY6, Decimal("10.00")),
        (DAY7, DAY7, Decimal("12.00")),
        (DAY8, None, Decimal("10.00")),
    ]


def test_a_fact_has_the_item_version_of_its_day(small) -> None:
    keys = {row[4]: row[0] for row in small.item([DAY8])}
    (sale,) = small.store_sales([DAY6])
    first_version = min(small.item([DAY8]), key=lambda row: row[2])
    assert sale[2] == first_version[0]
    # date, time, customer, store, ticket, quantity, cost, list price, price, discount, sales, tax,
    # coupon, paid, paid with tax, profit
    assert (*sale[:2], sale[3], *sale[5:]) == (
        10, 1, 7, 1, 100, 2, Decimal(4), Decimal(10), Decimal(9), Decimal(2), Decimal(18),
        Decimal("1.44"), Decimal(1), Decimal(17), Decimal("18.44"), Decimal(9),
    )  # fmt: skip
    assert {row[2] for row in small.store_sales([DAY7])} == {keys[Decimal("12.00")]}


def test_only_sales_of_the_day_that_find_their_partners_are_facts(small) -> None:
    tickets = [row[6] for row in small.store_sales([DAY7])]
    assert sorted(tickets) == [102, 102, 105]
    unknown_customer = next(row for row in small.store_sales([DAY7]) if row[6] == 105)
    assert unknown_customer[3] is None


def test_an_address_of_tomorrow_finds_no_sale_of_today_whatever_is_loaded(small) -> None:
    assert [row[6] for row in small.store_sales([DAY6])] == [100]
    assert 101 not in [row[6] for row in small.store_sales([DAY7, DAY6])]


def test_days_add_up(small) -> None:
    both = small.store_sales([DAY6, DAY7])
    assert len(both) == len(small.store_sales([DAY6])) + len(small.store_sales([DAY7]))
    assert small.store_sales([DAY6, DAY6]) == small.store_sales([DAY6])


def test_the_report_counts_what_is_left_out(small) -> None:
    assert small.report(DAY7) == {
        "rows_in_files": 5,
        "rows_of_other_dates": 1,
        "rows_without_match": 1,
        "rows_loaded": 3,
    }


def test_bethel_is_in_ohio(small) -> None:
    assert small.bethel_daily([DAY6, DAY7, DAY8]) == [
        (DAY6, 1, Decimal(18)),
        (DAY7, 1, Decimal(24)),
        (DAY8, 2, Decimal(40)),
    ]


def test_weeks_begin_on_monday_and_add_up_their_days(small) -> None:
    # 6 and 7 January 2024 are a weekend; the store in Europe counts for no week
    assert small.north_america_weekly([DAY6, DAY7, DAY8]) == [
        (date(2024, 1, 1), 2, 3, Decimal(53)),
        (DAY8, 1, 1, Decimal(30)),
    ]


def test_a_day_without_files_is_no_empty_day(small) -> None:
    with pytest.raises(FileNotFoundError, match="2024-01-09"):
        small.store_sales([date(2024, 1, 9)])


def test_keys_are_the_first_60_bits_of_md5(oracle: ModuleType) -> None:
    # RFC 1321: MD5("abc") = 900150983cd24fb0d6963f7d28e17f72
    assert oracle.hash_key("abc") == 0x900150983CD24FB
