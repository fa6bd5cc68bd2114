"""Throughput and latency of ingestion, against the bare loop and nginx, in turns so that noise meets all alike."""

# ruff: noqa: E501 - request bodies and figures are clearest on one line

import asyncio
import statistics
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench import servers
from tests.bench.report import Figure, Report
from tests.bench.servers import Server, wrk

ROUNDS = 5
SECONDS = 4


def run(report: Report, scratch: Path, quick: bool) -> None:
    rounds, seconds = (2, 2) if quick else (ROUNDS, SECONDS)
    with ExitStack() as stack:
        bare = stack.enter_context(servers.bare(scratch / "bare"))
        plain = stack.enter_context(servers.bare(scratch / "plain", plain=True))
        ours = stack.enter_context(servers.collector(scratch / "collector"))
        nginx = stack.enter_context(servers.nginx(scratch / "nginx"))
        for events, target in ((20, 0.70), (1, 0.60)):
            _compare(report, [nginx, plain, bare, ours], events, target, rounds, seconds, scratch)
        _compare(report, [bare, ours], 20, None, rounds, seconds, scratch, "never")
        peak = _rate_of(report, 20)
        _paced(report, ours, peak / 2, 3 if quick else 10)
        rss = ours.rss() / 2**20
        report.add(Figure("ingest", "worker memory after the load", rss, "MiB", "≤ 250", rss <= 250))


def _compare(
    report: Report,
    contenders: list[Server],
    events: int,
    target: float | None,
    rounds: int,
    seconds: int,
    scratch: Path,
    contexts: str = "again",
) -> None:
    what = f"{events} events a request" + (", contexts never met before" if contexts == "never" else "")
    results: dict[str, list[dict[str, float]]] = {s.name: [] for s in contenders}
    for server in contenders:  # what each knows of people and pages that come again is not of the first round alone
        wrk(server, events, 1, contexts)
        _forget(scratch)
    for _ in range(rounds):
        for server in contenders:
            results[server.name].append(wrk(server, events, seconds, contexts))
            _forget(scratch)
    median = {name: statistics.median(r["rate"] for r in runs) for name, runs in results.items()}
    cpu = {name: statistics.median(r["cpu_us"] for r in runs) for name, runs in results.items()}
    for name, runs in results.items():
        detail = {"runs": runs, "cpu_us_per_request": cpu[name], "events_per_second": median[name] * events}
        report.add(Figure("ingest", f"{name}, {what}", median[name], "requests/s", detail=detail))
    wanted = f"≥ {target:.2f}" if target is not None else ""
    for loop, said in (("bare loop", "bare loop"), ("plain loop", "plain loop (Request, Response)")):
        if loop in results:
            # Of the rounds' own ratios, because loop and collector of one round had the same neighbours
            pairs = zip(results["collector"], results[loop], strict=True)
            ratio = statistics.median(a["rate"] / b["rate"] for a, b in pairs)
            met = None if target is None else ratio >= target
            report.add(Figure("ingest", f"collector / {said}, {what}", ratio, "", wanted, met))
    by_cpu = cpu["bare loop"] / cpu["collector"]
    report.add(Figure("ingest", f"the same by CPU time, {what}", by_cpu, ""))


def _rate_of(report: Report, events: int) -> float:
    return next(f.value for f in report.figures if f.name == f"collector, {events} events a request")


def _forget(scratch: Path) -> None:
    """The load is not to be kept: a full disk would measure something else."""
    for sealed in scratch.glob("*/spool/*/*.sealed"):
        sealed.unlink()
    log = scratch / "nginx" / "bodies.log"
    if log.exists():
        with log.open("r+b") as file:
            file.truncate(0)


def _paced(report: Report, server: Server, rate: float, seconds: int) -> None:
    """Open-loop load at `rate` requests a second: latency counts from when a request was due, not from when it left."""
    latencies = asyncio.run(_send_paced(server.port, rate, seconds))
    latencies.sort()
    p99 = latencies[int(len(latencies) * 0.99)] * 1000
    detail = {"p50_ms": latencies[len(latencies) // 2] * 1000, "max_ms": latencies[-1] * 1000, "rate": rate}
    report.add(Figure("ingest", "ack p99 at half load, 20 events a request", p99, "ms", "≤ 50", p99 <= 50, detail))


async def _send_paced(port: int, rate: float, seconds: int) -> list[float]:
    body = _body()
    head = f"POST /v1/batch HTTP/1.1\r\nhost: x\r\nuser-agent: Mozilla/5.0 Chrome/140.0\r\ncontent-length: {len(body)}\r\n\r\n"
    request = head.encode() + body
    due: asyncio.Queue[float] = asyncio.Queue()
    latencies: list[float] = []

    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (at := await due.get()) >= 0:
            writer.write(request)
            header = await reader.readuntil(b"\r\n\r\n")
            length = int(header.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if not header.startswith(b"HTTP/1.1 200"):
                raise RuntimeError("the collector did not answer 200 at half load")
            latencies.append(time.perf_counter() - at)
        writer.close()

    workers = [asyncio.create_task(worker()) for _ in range(64)]
    start = time.perf_counter()
    for i in range(int(rate * seconds)):
        at = start + i / rate
        if (wait := at - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        due.put_nowait(at)
    for _ in workers:
        due.put_nowait(-1.0)
    await asyncio.gather(*workers)
    return latencies


def _body() -> bytes:
    """A 20-event batch of the load script's shape."""
    event = (
        '{"type":"track","messageId":"m-%d","anonymousId":"a-1","event":"$click","properties":{"tag":"button","sku":"A-%d"},'
        '"context":{"page":{"url":"https://shop.example/p/%d"},"consent":{"categoryPreferences":{"analytics":true}}}}'
    )
    batch = ",".join(event % (i, i, i) for i in range(20))
    return f'{{"batch":[{batch}],"writeKey":"{servers.WRITE_KEY}"}}'.encode()
