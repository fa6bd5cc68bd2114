"""The operators' part of the admin API: what of it needs the collector. `build_api` puts it beside `consent/api`."""

from starlette.requests import Request

from collector.api.operations import OPERATIONS
from collector.console.desk import Desk
from consent.api.app import AdminApi
from consent.api.operation import Operation
from consent.console.app import Console

__all__ = ["build_api", "operations_of"]


def build_api(desk: Desk, console: Console) -> AdminApi:
    """The admin API of one worker, in the console's threads and over its store."""

    def address(request: Request) -> str:
        peer = request.client.host if request.client else ""
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
        return desk.state().client.of(peer, forwarded)[0] or peer

    return AdminApi(console.house, operations_of(desk), address, workers=desk.settings.workers)


def operations_of(desk: Desk) -> tuple[Operation, ...]:
    """All of this package."""
    return tuple(operation for build in OPERATIONS for operation in build(desk))
