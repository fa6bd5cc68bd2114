"""A fixture for the tests of those who use Firsthand. In their `conftest.py`:

    pytest_plugins = ["firsthand.pytest_plugin"]

and in a test

    def test_an_order_is_tracked(firsthand_events):
        place_order()
        assert [e["event"] for e in firsthand_events] == ["Order Completed"]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from firsthand.testing import capture_events


@pytest.fixture
def firsthand_events() -> Iterator[list[dict[str, Any]]]:
    """What the functions of `firsthand` would have sent while the test ran; `clear()` it as you like."""
    with capture_events() as events:
        yield events
