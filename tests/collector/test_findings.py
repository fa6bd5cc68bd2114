"""What the firewall found, by hour: over restarts and workers, bounded, and in the numbers of the metrics as before."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from collector.days import KEPT_DAYS
from collector.findings import MORE, MOST_KEYS, NEVER, Findings, Found, read_findings
from collector.metrics import Balance

NOON = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
HOUR = datetime(2026, 3, 4, 12, tzinfo=UTC)
NOTE, NAME = "properties.my note:email:hash:email", "traits.name:name:drop:declared"
FOUND = Found(HOUR, "my shop", "properties.my note", "email", "hash", "email", 0)


def found(root: Path, hours: float = 2) -> list[Found]:
    return read_findings(root, NOON - timedelta(hours=hours), NOON)[0]


def test_an_hour_holds_what_came_in_it_and_nothing_twice(tmp_path: Path) -> None:
    balance = Balance()
    book = Findings(tmp_path, "c1-0", balance)
    book.count("my shop", {NOTE: 2, NAME: 1})
    book.write((NOON - timedelta(hours=1)).timestamp())
    book.count("my shop", {NOTE: 3})
    book.write(NOON.timestamp())
    book.write(NOON.timestamp() + 5)
    assert [(one.hour.hour, one.field, one.times) for one in found(tmp_path)] == [
        (11, "properties.my note", 2), (11, "traits.name", 1), (12, "properties.my note", 3),
    ]  # fmt: skip
    assert found(tmp_path, 0.1) == [FOUND._replace(times=3)]
    assert balance.pii == {"my shop email hash": 5, "my shop name drop": 1}, "without the field, which a client names"


def test_restarts_and_other_workers_add_up_and_forms_lie_beside_the_counts(tmp_path: Path) -> None:
    for shard in ("c1-0", "c1-0", "c1-1"):
        book = Findings(tmp_path, shard, Balance())
        book.samples("my shop").note(NOTE, "email", "ada@example.com")
        book.samples("my shop").note("never counted:email:hash:email", "email", "x@example.com")
        book.count("my shop", {NOTE: 1})
        book.write(NOON.timestamp())
    lines, forms = read_findings(tmp_path, NOON - timedelta(hours=1), NOON)
    assert lines == [FOUND._replace(times=3)]
    assert forms == {FOUND._replace(hour=NEVER): ["xxx@xxxxxxx.xxx"]}
    assert "ada" not in "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    assert not list(tmp_path.rglob("*.tmp"))


def test_fields_that_clients_invent_do_not_fill_the_disk_and_are_still_counted(tmp_path: Path) -> None:
    book = Findings(tmp_path, "c1-0", Balance())
    for number in range(3 * MOST_KEYS):
        book.count("shop", {f"properties.f{number}:email:hash:email": 1})
        if number % 100 == 0:
            book.write(NOON.timestamp())
    book.write(NOON.timestamp())
    lines = found(tmp_path)
    assert len(lines) <= MOST_KEYS + 1
    assert sum(one.times for one in lines) == 3 * MOST_KEYS
    assert max(lines, key=lambda one: one.times).field == MORE


def test_old_days_are_forgotten_and_a_torn_file_is_an_empty_day(tmp_path: Path) -> None:
    book = Findings(tmp_path, "c1-0", Balance())
    for day in (0, KEPT_DAYS + 1):
        book.count("shop", {NAME: 1})
        book.write((NOON + timedelta(days=day)).timestamp())
    assert len(list(tmp_path.rglob("*.json"))) == 1
    (tmp_path / "c1-0" / "2026-03-04.json").write_text('{"hours": {"1')
    assert found(tmp_path) == []
