"""The client for asyncio: capturing is a plain call, what waits is a coroutine, the loop is never held up."""

import asyncio
import time
from typing import Any

import pytest
from tests.contract.scripted import Reply, Scripted

import firsthand
from firsthand import AsyncClient, Report, SettingsError

YES = {"analytics": True}


def test_events_are_delivered_and_the_loop_goes_on_meanwhile(collector: Scripted) -> None:
    collector.otherwise = lambda _request: Reply(after=0.3)

    async def main() -> tuple[Report, int]:
        client = AsyncClient("k", collector.endpoint, batch_seconds=30)
        rounds = 0

        async def watch() -> None:
            nonlocal rounds
            while True:
                await asyncio.sleep(0.005)
                rounds += 1

        watching = asyncio.create_task(watch())
        for n in range(250):
            assert client.track("X", {"n": n}, user_id="u", consent=YES)
        client.page("P", user_id="u", consent=YES)
        report = await client.flush(60)
        watching.cancel()
        await client.shutdown()
        return report, rounds

    report, rounds = asyncio.run(main())
    assert report == Report(251, 0, 0, 0)
    assert rounds > 15, "three answers took 0.3 s each; a loop that waited for them would have had one round for each"
    assert len(collector.messages) == 251


def test_as_a_context_manager_it_delivers_at_the_end_and_is_closed(collector: Scripted) -> None:
    async def main() -> AsyncClient:
        async with AsyncClient("k", collector.endpoint, batch_seconds=30) as client:
            client.register(plan="pro")
            client.track("X", user_id="u", consent=YES)
            client.unregister("plan")
            client.track("Y", user_id="u", consent=YES)
        assert client.track("late", user_id="u", consent=YES) is None
        return client

    client = asyncio.run(main())
    assert [m.get("properties") for m in collector.messages] == [{"plan": "pro"}, None]
    assert client.stats().dropped == {"closed": 1}


def test_flush_gives_up_in_time(collector: Scripted) -> None:
    collector.otherwise = lambda _request: Reply(act="hang")

    async def main() -> tuple[Report, float]:
        client = AsyncClient("k", collector.endpoint)
        client.track("X", user_id="u", consent=YES)
        began = time.monotonic()
        report = await client.flush(0.3)
        waited = time.monotonic() - began
        await client.shutdown(0)
        return report, waited

    report, waited = asyncio.run(main())
    assert report == Report(0, 1, 0, 0)
    assert 0.25 < waited < 8


def test_drain_lets_a_fast_producer_lose_nothing(collector: Scripted) -> None:
    async def main() -> AsyncClient:
        async with AsyncClient("k", collector.endpoint, queue_events=100, batch_events=20) as client:
            for n in range(1_000):
                client.track("X", {"n": n}, user_id="u", consent=YES)
                assert await client.drain()
        return client

    client = asyncio.run(main())
    assert client.stats().sent == 1_000
    assert client.stats().dropped == {}


def test_drain_gives_up_in_time(collector: Scripted) -> None:
    collector.otherwise = lambda _request: Reply(act="hang")

    async def main() -> bool:
        client = AsyncClient("k", collector.endpoint, queue_events=10)
        for _ in range(10):
            client.track("X", user_id="u", consent=YES)
        eased = await client.drain(0.1)
        await client.shutdown(0)
        return eased

    assert asyncio.run(main()) is False


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"when_full": "block"}, "drain"), ({"spool_sync_seconds": 0, "spool_dir": "spool"}, "spool_sync_seconds")],
)
def test_what_would_stop_the_loop_is_refused(settings: dict[str, Any], words: str, tmp_path: Any,
                                             monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=words):
        AsyncClient("k", "http://127.0.0.1:9", **settings)


def test_scopes_of_tasks_are_kept_apart(collector: Scripted) -> None:
    async def main() -> None:
        async with AsyncClient("k", collector.endpoint) as client:

            async def one(n: int) -> None:
                with firsthand.context(user_id=f"u-{n}", consent=YES):
                    await asyncio.sleep(0.001 * (n % 3))
                    client.track("X", {"n": n})

            await asyncio.gather(*(one(n) for n in range(30)))

    asyncio.run(main())
    assert {m["userId"] for m in collector.messages} == {f"u-{n}" for n in range(30)}
    assert all(m["userId"] == f"u-{m['properties']['n']}" for m in collector.messages)
