"""`python -m examples.order_service`: one process, one port; stops on SIGTERM after its last events are sent."""

import asyncio
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path

from firsthand import Client, Problem
from granian.constants import Interfaces
from granian.server.embed import Server

from examples.order_service.app import application
from examples.order_service.prices import Prices

CATALOG = Path(__file__).parents[1] / "shop" / "catalog.json"


def main() -> None:
    parser = ArgumentParser("order_service", description="Takes the demo shop's orders and tracks them.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--endpoint", required=True, help="where the collector is")
    parser.add_argument("--write-key", required=True, help="of a source of kind server")
    parser.add_argument(
        "--origin", action="append", default=[], help="an origin the shop is opened at; repeatable"
    )
    given = parser.parse_args()
    client = Client(given.write_key, given.endpoint, on_error=_complain)
    try:
        asyncio.run(_serve(given.host, given.port, application(client, Prices(CATALOG), given.origin)))
    finally:
        client.shutdown()


async def _serve(host: str, port: int, app: object) -> None:
    server = Server(app, host, port, interface=Interfaces.ASGI, log_enabled=False)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


def _complain(problem: Problem) -> None:
    print(f"order service: {problem}", file=sys.stderr)


main()
