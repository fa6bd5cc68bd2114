"""Settings: one place, documented, refused early and by name."""

import re
from pathlib import Path
from typing import Any

import pytest

from firsthand.settings import ENV_PREFIX, Settings, SettingsError, load

ROOT = Path(__file__).parent.parent
PAGE = (ROOT.parent / "docs" / "python.md").read_text()
SOURCES = sorted((ROOT / "src" / "firsthand").rglob("*.py"))
MISSING = object()
NEEDED = {"write_key": "k", "endpoint": "http://127.0.0.1"}


def test_every_setting_is_documented_with_its_default_and_nothing_else() -> None:
    table = PAGE.partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", table, re.M))
    fields = {name: Settings._field_defaults.get(name, MISSING) for name in Settings._fields}
    assert list(rows) == list(fields)
    for name, default in fields.items():
        shown = rows[name].strip("`").replace(",", "")
        if default is MISSING:
            assert shown == "needed"
        elif isinstance(default, bool):
            assert shown == str(default).lower()
        elif isinstance(default, str):
            assert shown == (default or "none")
        else:
            assert float(shown) == default


def test_only_settings_reads_the_environment() -> None:
    readers = [p.name for p in SOURCES if re.search(r"os\.environ|os\.getenv|environ\[", p.read_text())]
    assert readers == ["settings.py"]


def test_order_of_precedence() -> None:
    given = {"WRITE_KEY": "env", "ENDPOINT": "https://env.example", "BATCH_EVENTS": "7", "COMPRESS": "False"}
    of_the_server = {"DATA": "/var/lib/firsthand", "BATCH_SECONDS": "1"}
    environ = {ENV_PREFIX + name: value for name, value in {**given, **of_the_server}.items()}
    settings = load(environ, write_key="given", endpoint=None, exit_timeout=1)
    assert (settings.write_key, settings.endpoint) == ("given", "https://env.example")
    assert (settings.batch_events, settings.compress, settings.batch_seconds) == (7, False, 1.0)
    assert (settings.exit_timeout, settings.queue_events) == (1.0, 10_000)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"write_key": None}, "write_key"),
        ({"write_key": "a b"}, "write_key"),
        ({"write_key": "a\r\nX-Evil: 1"}, "write_key"),
        ({"endpoint": None}, "endpoint"),
        ({"endpoint": "collect.example.org"}, "https://"),
        ({"endpoint": "ftp://x"}, "https://"),
        ({"endpoint": "https://"}, "https://"),
        ({"endpoint": "https://x:port"}, "https://"),
        ({"endpoint": "https://user:pw@x"}, "https://"),
        ({"endpoint": "https://x/?a=1"}, "https://"),
        ({"consent_policy": "lenient"}, "strict, server"),
        ({"queue_events": 0}, "queue_events"),
        ({"batch_events": 501}, "500"),
        ({"batch_events": "10"}, "of type int"),
        ({"batch_events": True}, "of type int"),
        ({"compress": 1}, "of type bool"),
        ({"request_timeout": 0}, "request_timeout"),
        ({"request_timeout": float("nan")}, "request_timeout"),
        ({"batch_seconds": -1}, "batch_seconds"),
        ({"flush_at": 20}, "flush_at is not a setting"),
    ],
)
def test_misuse_is_refused_by_name(given: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(words)):
        load({}, **{**NEEDED, **given})


@pytest.mark.parametrize(("name", "value"), [("BATCH_EVENTS", "ten"), ("COMPRESS", "maybe"), ("BATCH_SECONDS", "")])
def test_a_wrong_environment_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=ENV_PREFIX + name):
        load({ENV_PREFIX + name: value}, **NEEDED)


def test_frozen() -> None:
    with pytest.raises(AttributeError):
        load({}, **NEEDED).write_key = "other"  # type: ignore[misc]


def test_no_setting_is_one_of_the_servers_under_the_same_variable() -> None:
    """SDK and collector may run in one environment, and both read FIRSTHAND_*."""
    from collector.settings import Settings as Server

    assert not set(Settings._fields) & set(Server.__struct_fields__)
