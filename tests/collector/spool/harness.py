"""A spool writer on an event loop of its own, and what the reader finds afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from collector.spool.reader import Content, read, sealed
from collector.spool.writer import SpoolLimits, SpoolWriter

ROOMY = SpoolLimits(min_free_bytes=0)


def running(
    root: Path, work: Callable[[SpoolWriter], Awaitable[None]], limits: SpoolLimits = ROOMY, close: bool = True
) -> list[int]:
    """Run `work` with a writer over `root`, close it, and return how many requests each sync took."""
    groups: list[int] = []

    async def main() -> None:
        writer = SpoolWriter(root, "c1", limits, lambda seconds, requests: groups.append(requests))
        try:
            await work(writer)
        finally:
            if close:
                await writer.close()

    asyncio.run(main())
    return groups


def contents(root: Path) -> list[Content]:
    """All sealed segments, read; each must be intact."""
    found = [read(segment) for segment in sealed(root)]
    assert all(content.intact for content in found)
    return found


def lines(root: Path) -> list[bytes]:
    """All event lines of the sealed segments, in order."""
    return [line for c in contents(root) for payload in c.events for line in bytes(payload).splitlines()]
