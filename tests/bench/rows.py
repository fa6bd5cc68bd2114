"""Spools full of rows for the loader's benchmarks: rows that the real pipeline made, with fresh ids and times."""

# ruff: noqa: E501 - request bodies and figures are clearest on one line

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

from collector.spool.format import EVENTS
from collector.spool.writer import SpoolLimits, SpoolWriter

ROW = (
    '{"event_id":"%s","type":"track","event":"$click","purpose":"analytics","event_time":"%s","original_timestamp":"%s",'
    '"anonymous_id":"0193a1b2-7c3d-7e4f-8a5b-%012x","subject_key":"0193a1b2-7c3d-7e4f-8a5b-%012x",'
    '"session_id":"0193a1b2-7c3d-7e4f-8a5c-%012x","seq":%d,"page_url":"https://shop.example/p/%d","page_host":"shop.example",'
    '"page_path":"/p/%d","page_title":"Blue shoes","referrer":"https://shop.example/","lib_name":"@firsthand/web",'
    '"lib_version":"0.1.0","locale":"zh-CN","timezone":"Asia/Shanghai","screen_width":1440,"screen_height":900,'
    '"viewport_width":1400,"viewport_height":800,"network":"4g","consent_purposes":["analytics"],'
    '"properties":{"tag":"button","selector":"main > div:nth-of-type(3) > button","name":"add-to-cart","text":"Add to cart",'
    '"x":%d,"y":400,"sku":"A-%d","price":19.9},"source_id":"bench","received_at":"%s","platform":"web","sent_at":"%s",'
    '"ip_truncated":"203.0.113.0","browser":"Chrome","browser_version":"140.0.0","os":"Mac OS X","os_version":"10.15.7",'
    '"device_type":"desktop","device_brand":"Apple","device_model":"Mac","is_bot":false,"geo_country":"CN","geo_region":"江苏省",'
    '"geo_city":"南京市","geo_isp":"电信","referrer_host":"shop.example","referrer_kind":"internal"}\n'
)
BATCH = 500


def fill(spool: Path, count: int, first: int = 0) -> int:
    """Write `count` rows, numbered from `first`, into sealed segments below `spool`. Returns the bytes written."""
    return asyncio.run(_fill(spool, count, first))


async def _fill(spool: Path, count: int, first: int) -> int:
    limits = SpoolLimits(max_bytes=2**40, min_free_bytes=0, seal_bytes=16 * 1024**2, seal_seconds=3600)
    writer = SpoolWriter(spool, "bench", limits)
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    run = os.urandom(4).hex()
    size = 0
    for start in range(first, first + count, BATCH):
        numbers = range(start, min(start + BATCH, first + count))
        payload = "".join(
            ROW % (f"{run}-7000-7000-8000-{n:012x}", now, now, n % 50_000, n % 50_000, n // 20, n % 20, n % 300, n % 300,
                   n % 1400, n % 5000, now, now)
            for n in numbers
        ).encode()  # fmt: skip
        size += len(payload)
        await writer.append(EVENTS, payload, len(numbers))
    await writer.close()
    return size
