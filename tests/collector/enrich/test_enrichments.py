"""What must hold for every enrichment, newcomers included, and the golden vectors `enrich`."""

import itertools
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.context import Source
from collector.enrich import ENRICHMENTS, Columns, Enrichment, Facts, GeoDatabase, enrichments, geo
from collector.protocol import Context
from collector.steps.enrich import CachingEnricher
from tests.collector.enrich import databases
from tests.contract.golden import cases

CASES = cases("enrich")
DOCS = Path(__file__).parents[3] / "docs" / "enrichment.md"

# The parts that mean something, so that random text gets past the first character of every parser
PIECES = st.sampled_from(
    ["Mozilla/5.0 (", "MicroMessenger/", "8.0.50", "HarmonyOS; ", "OpenHarmony 5.0", "miniProgram", "Weibo (", "QQ/",
     "https://", "//", "/", "?", "#", "&", "=", "utm_source", "utm_term=", "gclid=", "@", "%40", "%", ":", "[", "]",
     "baidu.com", "::ffff:", "127.0.0.1", "2002:", "2001:0:", "1.1.1.1", ".", "\x00", "\ud800", "é", "中国", " "]
)  # fmt: skip
TEXT = st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join) | st.text(st.characters(), max_size=40)
FACTS = st.builds(
    Facts,
    platform=st.sampled_from(["web", "miniprogram", "server", "app", ""]),
    library=st.none() | TEXT,
    user_agent=st.none() | TEXT,
    ip=st.none() | TEXT | st.ip_addresses().map(str),
    page_url=st.none() | TEXT,
    referrer=st.none() | TEXT,
    campaign=st.none() | st.tuples(*[st.none() | TEXT] * 5),
)


def run(enrichment: Enrichment, facts: Facts) -> Columns:
    key = enrichment.key(facts)
    return {} if key is None else enrichment.look_up(key)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_vectors(case: dict[str, Any], all_enrichments: dict[str, Enrichment], tmp_path: Path) -> None:
    given_ = case["given"]
    enrichment = all_enrichments[given_["enrichment"]]
    if isinstance(given_.get("database"), dict):
        database = GeoDatabase(databases.write(tmp_path / "test.mmdb", given_["database"]))
        enrichment = geo.build(database)
    assert run(enrichment, msgspec.convert(given_["facts"], Facts)) == case["expect"]


def test_vector_names_are_unique() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES)


def test_one_enrichment_an_entry(all_enrichments: dict[str, Enrichment]) -> None:
    assert len(all_enrichments) == len(ENRICHMENTS)


def test_no_column_has_two_owners(all_enrichments: dict[str, Enrichment]) -> None:
    for one, other in itertools.combinations(all_enrichments.values(), 2):
        assert not set(one.columns) & set(other.columns), (one.name, other.name)


def test_each_has_vectors_for_every_column(all_enrichments: dict[str, Enrichment]) -> None:
    for enrichment in all_enrichments.values():
        own = [case["expect"] for case in CASES if case["given"]["enrichment"] == enrichment.name]
        assert set(enrichment.columns) == set().union(*own)
        assert {} in own or enrichment.name == "bot", f"{enrichment.name}: no vector says when nothing is known"


def test_each_is_documented(all_enrichments: dict[str, Enrichment]) -> None:
    page = DOCS.read_text()
    for enrichment in all_enrichments.values():
        section = page.partition(f"\n## {enrichment.name}\n")[2].partition("\n## ")[0]
        for column in enrichment.columns:
            assert f"`{column}`" in section, f"{column} is not in the section {enrichment.name} of docs/enrichment.md"


@settings(max_examples=300, deadline=None)
@given(FACTS)
def test_nothing_raises_and_only_own_columns_come_back(all_enrichments: dict[str, Enrichment], facts: Facts) -> None:
    for enrichment in all_enrichments.values():
        columns = run(enrichment, facts)
        assert set(columns) <= set(enrichment.columns)
        assert all(value is not None and value != "" for value in columns.values())
        json.loads(msgspec.json.encode(columns))  # lone surrogates would fail here


@settings(max_examples=100, deadline=None)
@given(FACTS, st.permutations(range(len(ENRICHMENTS))))
def test_any_order_gives_the_same_columns(
    all_enrichments: dict[str, Enrichment], facts: Facts, order: list[int]
) -> None:
    listed = list(all_enrichments.values())
    straight: Columns = {}
    for enrichment in listed:
        straight |= run(enrichment, facts)
    shuffled: Columns = {}
    for place in order:
        shuffled |= run(listed[place], facts)
    assert shuffled == straight


@settings(max_examples=200, deadline=None)
@given(FACTS)
def test_each_is_about_the_page_or_about_the_device(all_enrichments: dict[str, Enrichment], facts: Facts) -> None:
    """What it does not see in the collector must not matter to it: pages and devices are remembered apart."""
    page = Facts(facts.platform, page_url=facts.page_url, referrer=facts.referrer, campaign=facts.campaign)
    device = Facts(facts.platform, facts.library, facts.user_agent, facts.ip, device=facts.device)
    for made in all_enrichments.values():
        assert made.key(facts) == made.key(page if made.of_page else device)


def test_none_is_shown_more_than_it_is_about() -> None:
    seen: dict[str, Facts] = {}

    def key(facts: Facts, name: str) -> None:
        seen[name] = facts

    made = [Enrichment(n, (), partial(key, name=n), dict, of_page=n == "page") for n in ("page", "device")]
    said = msgspec.convert(
        {"page": {"url": "u", "referrer": "r"}, "campaign": {"source": "s"}, "userAgent": "a", "library": {"name": "l"},
         "os": {"name": "o"}},
        Context,
    )  # fmt: skip
    request: Any = SimpleNamespace(source=Source("s", "k"), user_agent="b", ip="1.2.3.4")
    step = CachingEnricher(made)
    assert (step.columns(said, request), step.page_columns(said, request)) == (b"", b"")
    assert seen["page"] == Facts("web", page_url="u", referrer="r", campaign=("s", None, None, None, None))
    assert seen["device"] == Facts("web", "l", "a", "1.2.3.4", device=("o", None, None, None))


@given(FACTS)
def test_an_answer_follows_from_its_key_alone(all_enrichments: dict[str, Enrichment], facts: Facts) -> None:
    """What makes remembering right: keys can be stored, look-ups repeat, and no one can spoil a later answer."""
    for enrichment in all_enrichments.values():
        key = enrichment.key(facts)
        if key is None:
            continue
        hash(key)
        first = enrichment.look_up(key)
        copy = dict(first)
        first["spoiled"] = True
        assert enrichment.look_up(key) == copy


def test_only_geo_sees_the_ip(all_enrichments: dict[str, Enrichment]) -> None:
    for name, enrichment in all_enrichments.items():
        key = enrichment.key(Facts(ip="202.96.209.5", user_agent="x", page_url="https://a.example/?utm_source=b"))
        assert ("202.96.209.5" in str(key)) is (name == "geo")


def test_importing_loads_no_regexes_and_opens_no_file() -> None:
    """Every command of the program imports this package; only a worker should pay for what it needs."""
    heavy = ("ua_parser", "ua_parser_rs", "user_agents", "crawleruseragents", "maxminddb", "geoip2")
    program = f"import sys, collector.enrich; print([m for m in {heavy!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_built_twice_is_the_same(embedded: GeoDatabase, all_enrichments: dict[str, Enrichment]) -> None:
    again = {enrichment.name: enrichment for enrichment in enrichments(embedded)}
    for case in CASES:
        facts = msgspec.convert(case["given"]["facts"], Facts)
        name = case["given"]["enrichment"]
        assert run(again[name], facts) == run(all_enrichments[name], facts)
