"""What the web SDK takes out on the device, the firewall takes out as well."""

import json
from typing import Any

import pytest

from consent.pii.declared import DECLARED
from consent.pii.firewall import Scrubber
from consent.pii.hashing import Key
from tests.contract.golden import cases, ids
from tests.tree.files import ROOT

CASES = cases("device")


@pytest.mark.parametrize("case", CASES, ids=ids("device"))
def test_the_collector_finds_at_least_as_much(case: dict[str, Any]) -> None:
    counts: dict[str, int] = {}
    scrubber = Scrubber(Key("t1", bytes(range(32))), counts)
    given = case["given"]
    if "text" in given:
        kept = scrubber.text(given["text"], "t")
        changed = kept != given["text"]
        assert changed == (case["expect"] != given["text"])
    else:
        kept_object = json.loads(scrubber.json(json.dumps(given["object"]).encode(), "o"))
        assert (kept_object != given["object"]) == (case["expect"] != given["object"])
    assert bool(counts) == (case["expect"] != next(iter(given.values())))


def test_the_declared_names_are_the_same() -> None:
    source = (ROOT / "sdk-js/src/pii/declared.ts").read_text("utf-8")
    listed = source.split("const DECLARED")[1].split(".split(' ')")[0]
    words = {word for text in listed.split("'")[1::2] for word in text.split()}
    assert words == set(DECLARED)
