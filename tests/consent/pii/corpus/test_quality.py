"""Precision and recall over the labelled corpus. A drop of either, in any class, is a failure."""

import pytest

from consent.pii.firewall import Scrubber
from consent.pii.hashing import Key
from consent.pii.model import CLASSES
from consent.pii.rules import PII_RULES
from tests.consent.pii.corpus import Item
from tests.consent.pii.corpus.negatives import KINDS as NEGATIVE_KINDS
from tests.consent.pii.corpus.negatives import negatives
from tests.consent.pii.corpus.positives import KINDS as POSITIVE_KINDS
from tests.consent.pii.corpus.positives import positives
from tests.consent.pii.corpus.score import Score, score
from tests.tree.files import read

KEY = Key("t1", bytes(range(32)))
POSITIVES, NEGATIVES = 20_000, 50_000


def scrub(item: Item) -> tuple[str, set[str]]:
    counts: dict[str, int] = {}
    left = Scrubber(KEY, counts).text(item.text, f"properties.{item.field}", item.field)
    return left or "", {key.split(":")[-3] for key in counts}


def items() -> list[Item]:
    each, each_negative = -(-POSITIVES // len(POSITIVE_KINDS)), -(-NEGATIVES // len(NEGATIVE_KINDS))
    return [*positives(1, each), *negatives(2, each_negative)]


@pytest.fixture(scope="module")
def scored() -> Score:
    return score(items(), scrub)


def test_it_is_large_enough(scored: Score) -> None:
    assert scored.positives.total() >= POSITIVES
    assert scored.negatives >= NEGATIVES


def test_every_class_that_is_detected_is_in_it(scored: Score) -> None:
    assert set(scored.positives) == set(CLASSES) - {"user_id"}  # a user id is known by its place alone


def test_overall(scored: Score) -> None:
    assert scored.recall >= 0.97
    assert scored.precision >= 0.995


@pytest.mark.parametrize("cls", sorted(set(CLASSES) - {"user_id"}))
def test_each_class(scored: Score, cls: str) -> None:
    assert scored.found[cls] / scored.positives[cls] >= 0.90
    assert scored.found[cls] / (scored.found[cls] + scored.false[cls]) >= 0.90


def test_the_page_shows_the_table_of_today(scored: Score) -> None:
    assert scored.table() in read("docs/pii-rules.md"), f"docs/pii-rules.md should show\n{scored.table()}"


def test_it_is_the_same_each_time() -> None:
    assert [*positives(1, 3)] == [*positives(1, 3)]
    assert [*negatives(2, 3)] == [*negatives(2, 3)]
    assert [*positives(1, 3)] != [*positives(3, 3)]


def test_the_page_names_every_rule_and_class() -> None:
    page = read("docs/pii-rules.md")
    assert [rule.name for rule in PII_RULES if f"`{rule.name}`" not in page] == []
    assert [cls for cls in CLASSES if f"| `{cls}` |" not in page] == []
