"""SIGTERM under load to everything: what was acknowledged is committed when the program has ended.

The clients go on trying while nobody is there and send the same ids to the next start, as real ones do.
"""

import time

from tests.integration.load import Load
from tests.integration.stack import Stack, audit, stack_on, wait_for
from tests.stores import Store

STOPS = 1


def stop_under_load(stack: Stack, load: Load) -> float:
    """Start all, let events come, stop it; seconds from the signal to the end."""
    process = stack.up("--workers", "2")
    before = len(load.acknowledged)
    wait_for(lambda: len(load.acknowledged) > before + 300, "events")
    started = time.monotonic()
    code = stack.stop(process)
    took = time.monotonic() - started
    assert code == 0, stack.said()
    return took


def test_a_clean_stop_under_load_leaves_nothing_behind(local: Store) -> None:
    with stack_on(local, log_level="info") as stack:
        key = stack.add_source()
        took = []
        with Load(stack.port, key, threads=4, rate=200) as load:
            for _ in range(STOPS):
                took.append(stop_under_load(stack, load))
                assert stack.segments(".open") == stack.segments(".sealed") == [], "the spool is empty after a stop"
                found = audit(stack, load.sent, load.acknowledged)
                assert found.exact, f"{found}\n{stack.said()[-5000:]}"
            last = stack.up()
            load.stop()
        assert stack.stop(last) == 0
        found = audit(stack, load.sent, load.acknowledged)
        assert found.exact, f"{found}\n{stack.said()[-5000:]}"
        assert found.acknowledged == found.sent
        assert load.wrong == []
        assert set(load.statuses) <= {0, 200, 503}
        print(f"\nstopped in {', '.join(f'{seconds:.2f}' for seconds in took)} s; {found}; {dict(load.statuses)}")
