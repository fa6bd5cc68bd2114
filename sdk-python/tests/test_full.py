"""When there is no room: who waits, and who is told."""

import threading
import time
from collections.abc import Callable

from tests.contract.scripted import Reply, Scripted

from firsthand import Client, Problem

ClientOf = Callable[..., Client]
YES = {"analytics": True}


def test_block_waits_for_room_and_loses_nothing(collector: Scripted, client_of: ClientOf) -> None:
    client = client_of(collector.endpoint, queue_events=50, batch_events=10, when_full="block", block_seconds=20)
    threads = [
        threading.Thread(target=lambda: [client.track("X", user_id="u", consent=YES) for _ in range(200)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert client.flush(60).sent == 800
    assert client.stats().dropped == {}


def test_block_gives_up_in_time_and_counts(client_of: ClientOf, problems: list[Problem]) -> None:
    client = client_of("http://127.0.0.1:9", queue_events=2, when_full="block", block_seconds=0.2)
    began = time.monotonic()
    ids = [client.track("X", user_id="u", consent=YES) for _ in range(3)]
    assert 0.15 < time.monotonic() - began < 3
    assert ids[2] is None
    assert client.stats().dropped == {"queue_full": 1}


def test_nobody_waits_for_a_queue_that_is_closed(client_of: ClientOf) -> None:
    client = client_of("http://127.0.0.1:9", queue_events=1, when_full="block", block_seconds=20)
    client.track("X", user_id="u", consent=YES)
    client.shutdown(0)
    began = time.monotonic()
    assert client.track("late", user_id="u", consent=YES) is None
    assert time.monotonic() - began < 10


def test_a_callback_on_the_worker_never_waits_for_itself(collector: Scripted, client_of: ClientOf) -> None:
    def on_error(_problem: Problem) -> None:
        for _ in range(20):
            client.track("from the callback", user_id="u", consent=YES)

    collector.replies.append(Reply(400))
    client: Client = client_of(
        collector.endpoint, queue_events=5, when_full="block", block_seconds=30, on_error=on_error
    )
    client.track("X", user_id="u", consent=YES)
    began = time.monotonic()
    client.flush(60)
    assert time.monotonic() - began < 10
