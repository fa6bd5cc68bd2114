"""`python -m examples.order_service`: one process, one port; on SIGTERM it sends its last events and ends."""

import signal
import sys
import threading
from argparse import ArgumentParser
from pathlib import Path
from urllib.parse import urlsplit

from firsthand import Client, Problem

from examples.order_service.prices import Prices
from examples.order_service.service import orders, server

CATALOG = Path(__file__).parents[1] / "shop" / "catalog.json"


def main() -> None:
    parser = ArgumentParser("order_service", description="Takes the demo shop's orders and tracks them.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--endpoint", required=True, help="where the collector is")
    parser.add_argument("--write-key", required=True, help="of a source of kind server")
    parser.add_argument(
        "--origin",
        action="append",
        help="an origin the shop is opened at; repeatable.  [default: the endpoint's]",
    )
    given = parser.parse_args()
    origins = frozenset(given.origin or _own_origins(given.endpoint))
    client = Client(given.write_key, given.endpoint, on_error=_complain)
    http = server(given.host, given.port, orders(client, Prices(CATALOG)), origins)
    for name in (signal.SIGTERM, signal.SIGINT):
        # From a thread, because shutdown() waits for the loop that this handler interrupts
        signal.signal(name, lambda *_: threading.Thread(target=http.shutdown).start())
    http.serve_forever(poll_interval=0.2)
    http.server_close()
    client.shutdown()


def _own_origins(endpoint: str) -> list[str]:
    """The collector serves the demo shop itself, and a person may type either name of her own machine."""
    parts = urlsplit(endpoint)
    port = f":{parts.port}" if parts.port else ""
    return [f"{parts.scheme}://{host}{port}" for host in {parts.hostname, "localhost", "127.0.0.1"}]


def _complain(problem: Problem) -> None:
    print(f"order service: {problem.kind} {problem.reason}: {problem.detail}", file=sys.stderr)


main()
