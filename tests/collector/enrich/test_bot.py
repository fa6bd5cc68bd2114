"""Recall on the crawlers' own user agents, no false alarm on browsers, and names that are names."""

import re

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from collector.enrich import Enrichment, bot
from tests.contract.golden import cases


def test_every_known_crawler_is_found(all_enrichments: dict[str, Enrichment]) -> None:
    look_up = all_enrichments["bot"].look_up
    instances = [text for crawler in CRAWLER_USER_AGENTS_DATA for text in crawler["instances"]]
    assert len(instances) > 2000
    assert [text for text in instances if not look_up(text)["is_bot"]] == []


def test_no_browser_is_called_a_bot(all_enrichments: dict[str, Enrichment]) -> None:
    for case in cases("enrich"):
        facts, expect = case["given"]["facts"], case["expect"]
        if case["given"]["enrichment"] == "ua" and expect.get("browser") and expect.get("device_type") != "bot":
            assert all_enrichments["bot"].look_up(facts["user_agent"]) == {"is_bot": False}, case["name"]


def test_names_are_readable_and_come_from_the_patterns_alone(all_enrichments: dict[str, Enrichment]) -> None:
    names = {bot.name_of(crawler["pattern"]) for crawler in CRAWLER_USER_AGENTS_DATA}
    assert all(name and not re.search(r"[\\\[\]|*^$]", name) for name in names)
    found = all_enrichments["bot"].look_up("Googlebot/2.1 (+http://evil.example/li.lei@mail.example)")
    assert found["bot_name"] in names


def test_name_of_reduces_a_pattern_to_its_first_reading() -> None:
    expected = {
        "Googlebot\\/": "Googlebot",
        "Ahrefs(Bot|SiteAudit)": "AhrefsBot",
        "(sistrix|SISTRIX) [cC]rawler": "sistrix crawler",
        "(^| )PTST\\/": "PTST",
        "AdsBot-Google([^-]|$)": "AdsBot-Google",
        "Chirp|gotosocial": "Chirp",
        "^curl": "curl",
        "Mediapartners \\(Googlebot\\)": "Mediapartners (Googlebot)",
        "Rigor\\)": "Rigor",
        "ContextualBot[\\s\\S]*outcomes\\.net": "ContextualBot outcomes.net",
    }
    assert {pattern: bot.name_of(pattern) for pattern in expected} == expected
