"""The page Overview: rates over what was served, with their counts."""

from pathlib import Path

from consent.admin.figures import Day
from consent.console.pages.overview import chart_of
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
