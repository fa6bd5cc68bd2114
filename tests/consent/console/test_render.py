"""Templates to HTML: escaped, complete, and times that a page can show in the reader's zone."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from consent.console import render


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.html").write_text("{{ x }}")
    (tmp_path / "mark.svg").write_text("<svg/>")
    return tmp_path


def test_everything_is_escaped_and_a_missing_name_is_an_error(folder: Path) -> None:
    made = render.environment((folder,), render.Static((folder,))).get_template("a.html")
    assert made.render(x="<script>\"'&") == "&lt;script&gt;&#34;&#39;&amp;"
    with pytest.raises(UndefinedError):
        made.render()


def test_moments_are_utc_and_say_so() -> None:
    east = datetime(2026, 1, 2, 8, 4, 5, tzinfo=timezone(timedelta(hours=8)))
    assert render.moment(east) == '<time datetime="2026-01-02T00:04:05.000Z">2026-01-02 00:04 UTC</time>'
    assert render.moment(0.0).endswith("1970-01-01 00:00 UTC</time>")
    assert render.moment(None) == "–"
    assert render.moment(datetime(2026, 1, 1, tzinfo=UTC)).startswith("<time")


def test_shares_and_counts() -> None:
    assert (render.percent(1, 3), render.percent(0, 0), render.number(1234567.0)) == ("33.3 %", "–", "1,234,567")
    assert (render.short("abc"), render.short("a" * 20)) == ("abc", "a" * 12 + "…")


def test_a_file_that_changes_has_another_address(folder: Path) -> None:
    before = render.Static((folder,))
    (folder / "mark.svg").write_text("<svg></svg>")
    after = render.Static((folder,))
    assert before.address("mark.svg") != after.address("mark.svg")
    assert before.get("mark.svg") == (b"<svg/>", "image/svg+xml")
    with pytest.raises(KeyError):
        before.address("../secret")
