"""Both languages say everything: the page's words, the reasons, and the names that the markup asks for."""

import re
from pathlib import Path

from collector.outcome import Reason
from collector.routes.live import STATIC

WORDS = (STATIC / "text.js").read_text("utf-8")
SHOP = Path(__file__).parents[3] / "examples" / "shop"


def keys(block: str) -> set[str]:
    """The names of a JavaScript object literal of strings."""
    return set(re.findall(r"(?:^|[\s,{])(\w+):\s+['\"]", block))


def blocks(text: str, first: str, second: str) -> tuple[set[str], set[str]]:
    before, after = text.split(second, 1)
    return keys(before.split(first, 1)[1]), keys(after.split("};", 1)[0])


def test_both_languages_have_the_same_words() -> None:
    english, chinese = blocks(WORDS, "const en = {", "const zh = {")
    assert english == chinese
    assert len(english) > 60


def test_every_reason_is_explained() -> None:
    english, _ = blocks(WORDS, "const en = {", "const zh = {")
    assert {f"r_{reason.value}" for reason in Reason} <= english


def test_every_word_that_is_asked_for_exists() -> None:
    english, _ = blocks(WORDS, "const en = {", "const zh = {")
    page = (STATIC / "index.html").read_text("utf-8")
    asked = set(re.findall(r'data-t(?:-\w+)?="(\w+)"', page))
    for path in STATIC.glob("*.js"):
        asked |= set(re.findall(r"\bt\('(\w+)'", path.read_text("utf-8")))
    assert asked <= english, asked - english
    assert len(asked) > 30


def test_no_file_parses_markup_or_runs_text() -> None:
    for path in [*STATIC.glob("*.js"), *SHOP.rglob("*.js")]:
        code = path.read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code), (
            path
        )


def test_the_shop_says_the_same_in_both_languages() -> None:
    text = (SHOP / "text.js").read_text("utf-8")
    english, chinese = blocks(text, "  en: {", "  zh: {")
    assert english == chinese
    asked = {word for path in SHOP.rglob("*.js") for word in re.findall(r"\bt\('(\w+)'", path.read_text("utf-8"))}
    assert asked <= english, asked - english
