"""The golden vectors of the web SDK's part `scrub`, read in place."""

from typing import Any

import pytest
from tests.contract.golden import cases

from firsthand_scrub import scan_object, scan_text

DEVICE = cases("device")


@pytest.mark.parametrize("case", DEVICE, ids=[c["name"] for c in DEVICE])
def test_device(case: dict[str, Any]) -> None:
    given = case["given"]
    found = scan_text(given["text"]) if "text" in given else scan_object(given["object"])
    assert found == case["expect"]
    if found == given.get("text", given.get("object")):
        assert found is given.get("text", given.get("object"))
