"""Rates by place and purpose, and how they moved."""

from consent.admin.figures import OptIn
from consent.console.rates import level, moved_of, table_of

DE, FR = ("eu", "DE", "no1_de"), ("fr", "FR", "no1_fr")


def line(place: tuple[str, str, str], purpose: str, served: int, granted: int) -> OptIn:
    return OptIn(*place, purpose, served, granted, 0, 0)


ROWS = [line(DE, "analytics", 10, 5), line(DE, "marketing", 10, 1), line(FR, "analytics", 40, 40)]


def test_the_most_asked_place_comes_first_with_all_its_purposes() -> None:
    table = table_of(ROWS, {"no1_de": "main · de"})
    assert [(row.key, row.notice, row.served) for row in table] == [
        ("fr|FR|no1_fr", "", 40),
        ("eu|DE|no1_de", "main · de", 10),
    ]
    assert set(table[1].by_purpose) == {"analytics", "marketing"}


def test_a_rate_moves_only_where_there_was_one() -> None:
    before = [line(DE, "analytics", 10, 7), line(FR, "marketing", 10, 7), line(FR, "analytics", 0, 0)]
    moved = {one.key: one.points for one in moved_of(table_of(ROWS, {}), before, "analytics")}
    assert moved["fr|FR|no1_fr"] is None
    assert moved["eu|DE|no1_de"] is not None and round(moved["eu|DE|no1_de"], 6) == -20.0
    assert [one.key for one in moved_of(table_of(ROWS, {}), before, "marketing")] == ["eu|DE|no1_de"]


def test_levels_are_for_the_eye() -> None:
    assert [level(rate) for rate in (None, 0.0, 0.01, 0.5, 1.0, 1.5)] == [0, 1, 1, 3, 6, 6]
