"""A vector file says which languages it is for; each of them runs it."""

import json
import re

import pytest

from tests.tree.files import ending, read

# Where each language runs vectors: the name stands there in a call such as cases("gate") or vectors('gate', …)
TESTS = {
    "js": ending(".test.ts", under=("sdk-js/test/",)),
    "mp": ending(".test.ts", under=("sdk-miniprogram/test/",)),
    "py": ending(".py", under=("sdk-python/tests/", "sdk-python-scrub/tests/")),
    "collector": ending(".py", under=("tests/collector/", "tests/consent/", "tests/warehouse/")),
}
CLAIM = re.compile(r"""\b(?:vectors|cases|ids|load)\(\s*["']([a-z_]+)["']""")
VECTORS = ending(".json", under=("tests/contract/vectors/",))


def claimed(language: str) -> set[str]:
    return {name for path in TESTS[language] for name in CLAIM.findall(read(path))}


@pytest.mark.parametrize("path", VECTORS)
def test_every_language_runs_the_file(path: str) -> None:
    name = path.rpartition("/")[2].removesuffix(".json")
    file = json.loads(read(path))
    assert set(file) == {"about", "applies_to", "cases"}
    assert file["applies_to"]
    assert set(file["applies_to"]) <= set(TESTS)
    idle = [language for language in file["applies_to"] if name not in claimed(language)]
    assert not idle, f"{path} applies to {idle}, but no test there runs it"


@pytest.mark.parametrize("path", VECTORS)
def test_cases_have_names_of_their_own(path: str) -> None:
    cases = json.loads(read(path))["cases"]
    names = [case["name"] for case in cases]
    assert names
    assert len(names) == len(set(names))
    assert all(set(case) == {"name", "given", "expect"} for case in cases)


def test_nobody_claims_a_file_that_is_not_there() -> None:
    there = {path.rpartition("/")[2].removesuffix(".json") for path in VECTORS}
    assert {name for language in TESTS for name in claimed(language)} <= there
