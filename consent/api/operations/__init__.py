"""The operations of this package, a file a concern. Each is a function there and an entry of its tuple."""

from typing import Final

from consent.api.operation import Operation
from consent.api.operations import audit, events, keys, ledger, overview, people, policy, requests, tokens, users

OPERATIONS: Final[tuple[Operation, ...]] = (
    *tokens.OPERATIONS,
    *overview.OPERATIONS,
    *policy.OPERATIONS,
    *events.OPERATIONS,
    *ledger.OPERATIONS,
    *people.OPERATIONS,
    *requests.OPERATIONS,
    *audit.OPERATIONS,
    *keys.OPERATIONS,
    *users.OPERATIONS,
)
