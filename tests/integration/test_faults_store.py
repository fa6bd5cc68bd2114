"""The catalog and the store against us: lost and wrong answers to commits, and both away for a while."""

import itertools
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.gate import Gate
from tests.integration.load import Load
from tests.integration.stack import Stack, audit, metric, stack_on, wait_for
from tests.stores import Seaweed, rest_store, start_seaweed, stop
from tests.warehouse.proxy import Proxy

pytestmark = pytest.mark.stores

# What happens to one commit after the other. `lose`, `then …`: it lands and nobody is told. The rest: it does not land
FATES = ("", "lose", "", "then 500", "", "then 503", "", "then 409", "", "503", "", "500", "", "refuse")


def test_lost_and_false_answers_to_commits(seaweed: Seaweed, tmp_path: Path) -> None:
    fates = itertools.cycle(FATES)
    met: Counter[str] = Counter()

    def fault(method: str, path: str) -> str:
        if method != "POST" or not path.split("?")[0].endswith(("/tables/events", "/tables/bad_events")):
            return ""
        fate = next(fates)
        met[fate] += 1
        return fate

    with (
        Proxy(seaweed.rest).running() as proxy,
        stack_on(rest_store(tmp_path / "data", seaweed, proxy.url), commit_interval="0.4") as stack,
    ):
        key = stack.add_source()
        collector, loader = stack.serve(), stack.load()
        wait_for((stack.data / "loader.json").exists, "the loader")
        proxy.fault = fault
        with Load(stack.port, key, rate=40) as load:
            wait_for(lambda: sum(met.values()) >= len(FATES), "all fates")
            load.stop()
        assert stack.stop(collector) == 0
        proxy.fault = lambda method, path: ""
        assert stack.stop(loader) == 0, stack.said()
        assert stack.segments(".sealed") == []
        found = audit(stack, load.sent, load.acknowledged)
        assert found.exact, f"{found}\n{met}\n{stack.said()[-5000:]}"
        assert found.acknowledged == found.sent
        assert set(met) == set(FATES)
        assert load.repeated == found.raw_repeats == 0, "no client repeated itself, so no row may be there twice"


def measure_absence(stack: Stack, seconds: float, leave: Callable[[], None], come_back: Callable[[], None]) -> None:
    """Both gone for `seconds` under load: the collector takes everything, says so, and catches up by itself."""
    key = stack.add_source()
    process = stack.up()
    with Load(stack.port, key, rate=30) as load:
        wait_for(lambda: stack.get("/readyz")[0] == 200 and (stack.data / "loader.json").exists(), "ready")
        wait_for(lambda: len(stack.rows("select 1 from events limit 1")) == 1, "the first commit")
        leave()
        gone, before = time.monotonic(), len(load.acknowledged)
        told = wait_for(lambda: b'"loader: ' in stack.get("/readyz")[1], "/readyz to tell")
        time.sleep(max(0.0, seconds - (time.monotonic() - gone)))
        assert json.loads(stack.get("/readyz")[1])["status"] == "unready"
        assert stack.get("/healthz")[0] == 200
        waiting = metric(stack.get("/metrics")[1].decode(), "firsthand_spool_segments")
        assert waiting >= seconds, "a segment is sealed every half second, and all of them wait"
        assert len(load.acknowledged) - before > 30 * seconds, "the collector takes events all the while"
        come_back()
        back = time.monotonic()
        wait_for(lambda: stack.get("/readyz")[0] == 200, "ready again")
        wait_for(lambda: stack.sealed() <= 4, "the backlog to go")
        caught_up = time.monotonic() - back
        load.stop()
    assert stack.stop(process) == 0, stack.said()
    assert stack.segments(".sealed") == []
    found = audit(stack, load.sent, load.acknowledged)
    assert found.exact, f"{found}\n{stack.said()[-5000:]}"
    assert set(load.statuses) == {200}
    assert found.raw_repeats == 0
    print(f"\naway {seconds:.0f} s: told after {told:.1f} s, {waiting:.0f} segments waited, "
          f"caught up {caught_up:.1f} s after it was back; {found}")  # fmt: skip


def test_store_and_catalog_away_for_a_moment(seaweed: Seaweed, tmp_path: Path) -> None:
    """Every connection to either is dropped for some seconds."""
    with Gate(seaweed.rest).running() as rest, Gate(seaweed.s3).running() as s3:

        def leave() -> None:
            rest.shut()
            s3.shut()

        def come_back() -> None:
            rest.open()
            s3.open()

        there = replace(seaweed, rest=rest.url, s3=s3.url)
        with stack_on(rest_store(tmp_path / "data", there)) as stack:
            measure_absence(stack, 5, leave, come_back)
        assert rest.dropped + s3.dropped > 3


@pytest.mark.slow
def test_store_and_catalog_away_for_a_minute(tmp_path: Path) -> None:
    """The server itself is stopped and started again."""
    server, ports = start_seaweed(tmp_path / "weed")
    running = [server]
    s3, rest = (f"http://127.0.0.1:{ports[name]}" for name in ("s3", "s3.port.iceberg"))
    try:
        with stack_on(rest_store(tmp_path / "data", Seaweed(s3, rest, server))) as stack:
            measure_absence(stack, 60, lambda: stop(running.pop()),
                            lambda: running.append(start_seaweed(tmp_path / "weed", ports)[0]))  # fmt: skip
    finally:
        for one in running:
            stop(one)
