"""`/v1/consent/*`: what SDKs, banners and servers ask. The collector mounts these; docs/consent-api.md is the page.

The routes know Starlette and the registry, not the collector: what they need of it (who a write key is, where an
address is) comes in as a `Door`.
"""

from starlette.routing import BaseRoute

from consent.routes.door import Door
from consent.routes.link import link_routes
from consent.routes.policy import policy_routes
from consent.routes.receipts import receipt_routes
from consent.routes.state import state_routes


def consent_routes(door: Door) -> list[BaseRoute]:
    """All of them."""
    return [*policy_routes(door), *receipt_routes(door), *state_routes(door), *link_routes(door)]
