"""The closed list of reasons is the same on the wire, in the docs and in the SDKs."""

import json
import re

from collector.outcome import Reason
from tests.tree.files import read

REASONS = {reason.value for reason in Reason}


def test_schema() -> None:
    assert set(json.loads(read("tests/contract/schema/reason.json"))["enum"]) == REASONS


def test_protocol_page() -> None:
    page = read("docs/protocol.md")
    assert [reason for reason in sorted(REASONS) if f"`{reason}`" not in page] == []


def test_python_sdk() -> None:
    """It counts by the collector's reason, and must know each."""
    listed = re.findall(r'"([a-z_]+)"', read("sdk-python/src/firsthand/protocol.py"))
    assert set(listed) >= REASONS
