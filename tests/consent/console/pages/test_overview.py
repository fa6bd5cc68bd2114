"""The page Overview: rates over what was served, with their counts."""

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

from consent.admin.figures import Day
from consent.console.pages.overview import chart_of
from consent.store.tables import served_notice
from consent.store.upsert import upsert
from tests.consent.console.visitors import Place, Visitor, place

PAGE = "/console/s/default/overview"


def test_before_a_policy_it_says_what_to_do(tmp_path: Path) -> None:
    with place(tmp_path) as fresh:
        text = fresh.inside("first", "viewer").get(PAGE).text
    assert "Nobody is asked yet" in text and "/console/s/default/policy" in text


def test_rates_trend_regions_and_what_waits(weeks: Place, people: dict[str, Visitor]) -> None:
    text = people["viewer"].get(f"{PAGE}?purpose=marketing&days=7").text
    assert "Marketing, day by day" in text
    for place_ in ("us-ca", "cn", "DE", "FR"):
        assert place_ in text
    assert "Events that no rule maps to a purpose: 2" in text
    assert 'data-chart="' in text and "uPlot.iife.min.js" in text


def test_other_purposes_and_ranges_are_chosen_and_nonsense_is_not(people: dict[str, Visitor]) -> None:
    assert "Audience measurement, day by day" in people["viewer"].get(f"{PAGE}?purpose=%27;--&days=9999").text


def test_a_share_of_nothing_is_a_gap(people: dict[str, Visitor]) -> None:
    class _Visit:
        words = staticmethod(lambda key: key)

    chart = chart_of([Day("2026-01-01", 0, 0, 0, 0), Day("2026-01-02", 4, 1, 2, 0)], _Visit)  # type: ignore[arg-type]
    assert [s["values"] for s in chart["series"]] == [[None, 25.0], [None, 50.0], [None, 0.0]]


def test_a_place_where_nobody_answered_is_in_the_table(weeks: Place, people: dict[str, Visitor]) -> None:
    """Everybody there closes the banner: a rate of 0, not a row that is missing."""
    day = datetime.fromtimestamp(weeks.now, UTC).date().isoformat()
    shown = {"site": "default", "day": day, "notice_hash": "no1_nobody", "policy_version": "pv1_x",
             "jurisdiction": "eu", "region": "PL", "count": 31}  # fmt: skip
    with weeks.house.store.write() as connection:
        upsert(connection, served_notice, [shown], add=["count"])
    try:
        text = people["viewer"].get(PAGE).text
        row = text.partition('<th scope="row">PL <span')[2].partition("</tr>")[0]
        assert row.count("0.0 %") == 5, "one for each purpose that is asked for"
        chosen = people["viewer"].get(f"{PAGE}?place=eu%7CPL%7Cno1_nobody").text
        assert "0 of 31 notices shown" in chosen
    finally:
        with weeks.house.store.write() as connection:
            connection.execute(served_notice.delete().where(served_notice.c.region == "PL"))


def test_a_cell_shows_the_course_of_its_place(people: dict[str, Visitor]) -> None:
    whole = people["viewer"].get(PAGE).text
    address = re.search(r'href="([^"]*place=cn[^"]*)#trend"', whole)
    assert address
    there = people["viewer"].get(unescape(address[1])).text
    assert "CN · cn · pipl · zh-CN" in there and 'aria-current="true">' in there
    figures = [re.search(r"\d+ of (\d+) notices shown", text) for text in (whole, there)]
    assert figures[0] and figures[1] and int(figures[1][1]) < int(figures[0][1])
    assert people["viewer"].get(f"{PAGE}?place=nonsense").text.count("Back to everywhere") == 0
