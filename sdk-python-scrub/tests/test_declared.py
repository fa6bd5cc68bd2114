"""The declared names are the collector's, and the web SDK's."""

import re
from pathlib import Path

from consent.pii import declared as theirs

from firsthand_scrub.declared import DECLARED, OF_A_PERSON, PERSONS, is_declared, is_of_a_person, is_person

WEB = (Path(__file__).parents[2] / "sdk-js" / "src" / "pii" / "declared.ts").read_text()


def test_they_are_the_collectors() -> None:
    assert set(theirs.DECLARED) == DECLARED
    assert theirs.PERSONS == PERSONS
    assert set(theirs.OF_A_PERSON) == OF_A_PERSON


def test_they_are_the_web_sdks() -> None:
    listed = WEB.partition("DECLARED = new Set(")[2].partition(").split(' ')")[0]
    assert set(" ".join(re.findall(r"'([^']+)'", listed)).split()) == DECLARED
    suffix = re.search(r"/\((email.*)\)\$/;", WEB)
    assert suffix
    assert suffix[1] in (Path(__file__).parents[1] / "src" / "firsthand_scrub" / "declared.py").read_text()


def test_longer_names_are_declared_as_the_collector_says() -> None:
    for name in [*theirs.DECLARED, "total", "url", "plan", "emailed", "Order-ID"]:
        for spelling in (name, f"work_{name}", f"Emergency-{name.upper()}", f"{name}.x"):
            said = theirs.declared_class(spelling)
            assert is_declared(spelling) == (said not in (None, "url")), spelling
            assert is_of_a_person(spelling) == (theirs.plain_name(spelling) in theirs.OF_A_PERSON)
            assert is_person(spelling) == theirs.describes_person(spelling)
