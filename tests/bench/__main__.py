"""`make bench`, or `python -m tests.bench --only ingest,loader --quick`."""

import argparse
import shutil
import tempfile
from pathlib import Path

from rich.progress import Progress

from tests.bench import banner, consent, endpoint, erase, freshness, ingest, loader, pipeline
from tests.bench.report import Report
from tests.stores import Seaweed, start_seaweed, stop

PARTS = ("ingest", "pipeline", "endpoint", "consent", "loader", "flat", "freshness", "growth", "banner", "erase")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help=f"comma-separated parts of: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="small and short, to see that it works")
    parser.add_argument("--out", type=Path, default=Path("bench-results"))
    chosen = parser.parse_args()
    wanted = [p for p in PARTS if p in chosen.only.split(",")]
    report = Report(chosen.out)
    # Beside the results, not in /tmp: that may be memory, and fsync there costs nothing. In full: nginx takes
    # a relative path from its own folder
    scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=chosen.out)).resolve()
    try:
        with Progress(transient=True) as progress:
            task = progress.add_task("measuring", total=len(wanted))
            for part in wanted:
                progress.update(task, description=part)
                _run(part, report, scratch, chosen.quick)
                progress.advance(task)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        report.show()


def _run(part: str, report: Report, scratch: Path, quick: bool) -> None:
    if part == "ingest":
        ingest.run(report, scratch / "ingest", quick)
    elif part == "consent":
        consent.run(report, scratch / "consent", quick)
    elif part == "erase":
        erase.run(report, scratch / "erase", quick)
    elif part == "pipeline":
        pipeline.run(report, quick)
    elif part == "endpoint":
        endpoint.run(report, scratch, quick)
    elif part == "loader":
        process, ports = start_seaweed(scratch / "seaweed")
        try:
            addresses = (f"http://127.0.0.1:{ports[name]}" for name in ("s3", "s3.port.iceberg"))
            loader.throughput(report, scratch, quick, Seaweed(*addresses, process))
        finally:
            stop(process)
    elif part == "flat":
        loader.flat(report, scratch, quick)
    elif part == "banner":
        banner.run(report, quick)
    elif part == "freshness":
        freshness.run(report, scratch, quick)
    else:
        loader.growth(report, scratch, quick)


main()
