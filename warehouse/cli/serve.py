"""`firsthand serve`: collector workers only."""

from pathlib import Path

import click

from collector.settings import load
from warehouse.cli import ports
from warehouse.cli.common import make_data, options

# After a crash of the collector's main process its workers still drain for a moment
PREDECESSOR_SECONDS = 3.0


@click.command(epilog="Examples:\n\n  firsthand serve --port 8080\n\n  firsthand serve --workers 2 --host 0.0.0.0")
@click.option("--port", type=int, default=None, help="Port to listen on; 0 for a free one.  [default: 8080]")
@click.option("--host", default=None, help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--workers", type=int, default=None, help="Worker processes, each with its own shard.  [default: 1]")
@options
def serve(
    port: int | None, host: str | None, workers: int | None, data: str | None, config: Path | None, as_json: bool
) -> None:
    """Run collector workers until SIGTERM or SIGINT, then drain: no accepted event is lost.

    Logs are JSON lines on stderr. The loader runs beside it (`firsthand load`), or both by `firsthand up`.
    """
    from collector.serve import serve as run

    found = load(config, data, port=port, host=host, workers=workers)
    if found.port == 0:  # chosen here, so that all workers share it and the log can name it
        found = load(config, data, port=ports.free_port(found.host), host=host, workers=workers)
    ports.need(found.host, found.port, PREDECESSOR_SECONDS)
    make_data(found)
    run(found, config)
