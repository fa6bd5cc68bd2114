"""The page Simulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.console.office import Office, office
from tests.consent.console.seeds import publish
from tests.consent.console.visitors import NOW, cheap_passwords

PAGE = "/console/s/default/simulator"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with cheap_passwords(), office(tmp_path_factory.mktemp("lab") / "data") as made:
        yield made


def test_before_and_after_a_policy(lab: Office) -> None:
    analyst = lab.inside("tester", "analyst")
    assert "There are no purposes yet" in analyst.get(PAGE).text
    publish(lab.house, NOW)
    text = analyst.get(PAGE).text
    assert "Order Completed" in text and 'name="choice.marketing"' in text
    event = '{"type": "track", "event": "Hello", "properties": {"a": 1}}'
    fields = {"event": event, "region": "DE", "token": "1", "choice.analytics": "yes"}
    answer = analyst.post(PAGE, **fields).text
    assert "It is sent." in answer and "&#34;purpose&#34;: &#34;analytics&#34;" in answer
    refused = analyst.post(PAGE, **fields | {"choice.analytics": "no"}).text
    assert "no_consent" in refused and "It is not even built." in refused
    assert analyst.post(PAGE, event="<script>", region="DE").status_code == 422
    assert analyst.post(PAGE, event=event, policy="no-such-draft").status_code == 422


def test_nothing_is_recorded(lab: Office) -> None:
    spool: Path = lab.settings.spool_dir
    assert not list(spool.rglob("*")) if spool.exists() else True
    assert lab.inside("viewer-of-lab", "viewer").get(PAGE).status_code == 403
