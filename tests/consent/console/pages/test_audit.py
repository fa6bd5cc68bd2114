"""The page Audit shows what was done, by whom."""

from tests.consent.console.conftest import here, quick_hashes, shared_place
from tests.consent.console.visitors import Place

__all__ = ["here", "quick_hashes", "shared_place"]


def test_logins_stand_in_the_log(here: Place) -> None:
    auditor = here.inside("reader", "auditor")
    text = auditor.get("/console/audit").text
    assert "session.begin" in text and "user:reader" in text
