"""Alive, ready, and the numbers: what they say and what they never say."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from collector.settings import Settings
from tests.collector.desk import SOURCE, Desk
from tests.collector.desk import desk as made

GOOD = {"type": "track", "event": "Order", "anonymousId": "a"}
BAD = {"type": "nope"}


def _samples(desk: Desk) -> dict[tuple[str, tuple[str, ...]], float]:
    reply = desk.request("GET", "/metrics")
    assert reply.status == 200
    return {
        (sample.name, tuple(v for _, v in sorted(sample.labels.items(), reverse=True))): sample.value
        for family in text_string_to_metric_families(reply.body.decode())
        for sample in family.samples
    }


def _ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def test_alive(desk: Desk) -> None:
    assert desk.request("GET", "/healthz").json == {"status": "alive"}


def test_ready_until_the_spool_refuses(data: Path) -> None:
    with made(data, spool_max_bytes=1) as desk:
        assert desk.request("GET", "/readyz").json == {"status": "ready", "problems": []}
        desk.batch(GOOD)
        desk.idle(0.1)
        (desk.data / "loader.json").write_text(json.dumps({"time": _ago(500)}))
        reply = desk.request("GET", "/readyz")
        assert reply.status == 503
        assert any("loader: silent" in p for p in reply.json["problems"])
        (desk.data / "loader.json").write_text(json.dumps({"time": _ago(0), "error": "away"}))
        assert any("doctor" in p for p in desk.request("GET", "/readyz").json["problems"])
        (desk.data / "loader.json").write_text("{damaged")
        assert desk.request("GET", "/readyz").status == 200


def test_the_sheet_balances(data: Path) -> None:
    with made(data, [SOURCE | {"id": "my shop"}]) as desk:
        for _ in range(5):
            desk.batch(GOOD, GOOD, BAD)
        desk.post(b"junk")
        desk.batch(GOOD | {"event": "$x"})
        desk.idle(1.2)
        found = _samples(desk)
    received = found["firsthand_received_events_total", ()]
    assert received == 16
    rejected = {k[1]: v for k, v in found.items() if k[0] == "firsthand_rejected_events_total"}
    assert rejected == {("my shop", "invalid"): 5, ("my shop", "reserved_name"): 1}
    unavailable = found["firsthand_unavailable_events_total", ()]
    assert received == found["firsthand_spooled_events_total", ()] + sum(rejected.values()) + unavailable
    assert found["firsthand_accepted_events_total", ("my shop",)] == 10
    assert found["firsthand_requests_total", ("200",)] == 6
    assert found["firsthand_requests_total", ("400",)] == 1
    assert found["firsthand_ack_seconds_count", ()] == 7
    assert found["firsthand_fsync_seconds_count", ()] >= 1


def test_labels_hold_nothing_that_a_client_wrote(data: Path) -> None:
    marker = "Leak4711"
    with made(data) as desk:
        desk.batch({"type": marker, "event": marker, "userId": marker, "messageId": marker})
        desk.post(b"{}", query=f"writeKey={marker}", headers={"x-" + marker: marker, "origin": f"https://{marker}"})
        desk.request("GET", f"/{marker}")
        desk.idle(1.2)
        assert marker.encode() not in desk.request("GET", "/metrics").body
        assert not [p for p in (desk.data / "run").iterdir() if marker.encode() in p.read_bytes()]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_only_get(desk: Desk, path: str) -> None:
    assert desk.request("POST", path, [b"x"]).status == 405


def test_no_secret_is_shown_anywhere() -> None:
    shown = json.dumps(
        Settings(catalog_credential="hush", s3_secret_access_key="hush", catalog_uri="x://u:hush@h").shown()
    )
    assert "hush" not in shown
