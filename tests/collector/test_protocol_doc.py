"""docs/protocol.md says everything that the collector does: reasons, endpoints, codes, limits, reserved names."""

import re
from pathlib import Path

import pytest
from starlette.routing import Route

from collector import protocol
from collector.app import build_app
from collector.edge.answer import PREFLIGHT
from collector.outcome import Reason
from collector.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "protocol.md").read_text()
SAID = set(re.findall(r"`([^`\n]+)`", TEXT))


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason(reason: Reason) -> None:
    assert f"\n| `{reason.value}` | " in TEXT


def _paths() -> set[str]:
    return {r.path for r in build_app(Settings(live=False, console=False)).routes if isinstance(r, Route)}


@pytest.mark.parametrize("path", sorted(_paths()))
def test_every_endpoint(path: str) -> None:
    assert any(said.partition("?")[0] == path for said in SAID)


def test_no_endpoint_that_does_not_exist() -> None:
    said = {s.partition("?")[0] for s in SAID if s.startswith("/")}
    assert said <= _paths()


def test_every_code_that_an_answer_may_hold() -> None:
    # The admin API's codes are in its own document
    found = [p for p in (ROOT / "collector").rglob("*.py") if "live" not in str(p) and "api" not in p.parts]
    sources = "\n".join(p.read_text() for p in found)
    codes = set(re.findall(r'(?:NotABatch|Refused)\(\s*(?:\d+, )?"([a-z_]+)"', sources))
    codes |= set(re.findall(r'"code": "([a-z_]+)"', sources)) | set(
        re.findall(r'fail\(send, \w+, "([a-z_]+)"', sources)
    )
    assert len(codes) > 10
    assert codes - {"invalid_pixel"} <= SAID


def test_reserved_names() -> None:
    assert {s for s in SAID if re.fullmatch(r"\$[a-z_]+", s)} == protocol.RESERVED_EVENTS


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (protocol.MAX_BODY_BYTES, "1,048,576 bytes"), (protocol.MAX_MESSAGE_BYTES, "32,768 bytes"),
        (protocol.MAX_BATCH_MESSAGES, "| messages a batch | 500 |"),
        (protocol.MAX_PROPERTIES, "255 entries, 16 levels"),
        (protocol.MAX_ID_CHARS, "| `messageId` | 100 characters |"), (protocol.MAX_NAME_CHARS, "| 200 characters |"),
        (protocol.MAX_USER_ID_CHARS, "| 256 characters |"), (protocol.MAX_PURPOSE_CHARS, "| 64 characters |"),
        (protocol.MAX_INFLATED_BYTES // 1024**2, "8 MB"), (protocol.MAX_DEPTH, "16 levels"),
        (int(Settings().body_timeout), "`body_timeout`, 10 s"),
        (int(Settings().header_timeout), "`header_timeout`, 15 s"),
    ],
)  # fmt: skip
def test_limits(limit: int, words: str) -> None:
    assert words in TEXT
    assert f"{limit:,}" in words or str(limit) in words


def test_allowed_headers() -> None:
    allowed = dict(PREFLIGHT)[b"access-control-allow-headers"].decode().split(", ")
    assert set(allowed) <= SAID
