"""The parser against the library it takes the place of, and its limits."""

import time

import pytest
import user_agents

from collector.enrich import Enrichment, Facts, ua
from tests.contract.golden import cases

SEEN = [
    case["given"]["facts"]["user_agent"]
    for case in cases("enrich")
    if case["given"]["enrichment"] == "ua"
    and "user_agent" in case["given"]["facts"]
    and case["given"]["facts"]["user_agent"].isascii()
]


@pytest.fixture(scope="module")
def parser() -> ua.Parser:
    return ua.Parser()


@pytest.mark.parametrize("text", [text for text in SEEN if "Dalvik" not in text and "bot" not in text])
def test_the_object_is_that_of_user_agents(parser: ua.Parser, text: str) -> None:
    ours, theirs = parser.parse(text[:1024]), user_agents.parse(text[:1024])
    for part in ("browser", "os", "device", "is_mobile", "is_pc", "is_bot"):
        assert getattr(ours, part) == getattr(theirs, part), part
    assert str(ours) == str(theirs)


def test_what_lies_behind_the_limit_is_not_read(all_enrichments: dict[str, Enrichment]) -> None:
    enrichment = all_enrichments["ua"]
    start = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 "
    key = enrichment.key(Facts(user_agent=start + "x" * 100_000 + " MicroMessenger/8.0.50"))
    assert isinstance(key, str)
    assert len(key) == ua.MAX_CHARS
    assert "in_app" not in enrichment.look_up(key)


@pytest.mark.parametrize("text", ["a" * 65_536, "Mozilla/5.0 (" * 5_000, "Android ;" * 7_000, "(" * 65_536])
def test_a_hostile_user_agent_is_cheap(all_enrichments: dict[str, Enrichment], text: str) -> None:
    """In pure Python 64 KB take seconds; here even a loaded machine stays under a tenth."""
    enrichment = all_enrichments["ua"]
    started = time.perf_counter()
    enrichment.look_up(enrichment.key(Facts(user_agent=text)))
    enrichment.look_up(text)  # whoever forgets the key is safe as well
    assert time.perf_counter() - started < 0.1


def test_nothing_the_regexes_made_up_is_kept(all_enrichments: dict[str, Enrichment]) -> None:
    for text in SEEN:
        columns = all_enrichments["ua"].look_up(text)
        assert not {"Other", "Generic", "Spider", "K", "Smartphone"} & set(map(str, columns.values()))
        assert columns.get("device_type", "mobile") in {"mobile", "tablet", "desktop", "bot"}
