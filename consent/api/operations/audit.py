"""The audit log of a site, and of what is about the whole installation."""

from typing import Annotated, Final

from msgspec import Meta

from consent.admin import audit, ledger
from consent.admin.audit import AuditEntry
from consent.api.call import Call
from consent.api.operation import Ask, Give, Operation
from consent.ledger.verify import Report


class AuditSearch(Ask, frozen=True):
    """`action`: the start of a verb, `policy.`; `before`: the number to go on from."""

    action: Annotated[str, Meta(max_length=40)] = ""
    actor: Annotated[str, Meta(max_length=200)] = ""
    before: Annotated[int, Meta(ge=0, le=9_007_199_254_740_991)] | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 50


class AuditLines(Give, frozen=True):
    """Lines, the newest first. `next`: what to send as `before` for more; null at the end."""

    lines: list[AuditEntry]
    next: int | None


def search(call: Call) -> AuditLines:
    asked: AuditSearch = call.query
    with call.store.read() as connection:
        found = audit.search(
            connection, call.site, action=asked.action, actor=asked.actor, before=asked.before, limit=asked.limit
        )
    return AuditLines(found, found[-1].seq if len(found) == asked.limit else None)


def verify(call: Call) -> Report:
    with call.store.read() as connection:
        return ledger.report(connection, call.ring(), audit.audit_chain(call.site))


def search_house(call: Call) -> AuditLines:
    return search(call)


def verify_house(call: Call) -> Report:
    return verify(call)


OPERATIONS: Final = (
    Operation("GET", "/sites/{site}/audit", "audit.view", search, "Who changed what", AuditLines, query=AuditSearch),
    Operation("POST", "/sites/{site}/audit/verify", "audit.view", verify, "Was a line altered? Reads all", Report),
    Operation("GET", "/audit", "audit.view", search_house, "The same of the whole installation", AuditLines,
              query=AuditSearch),
    Operation("POST", "/audit/verify", "audit.view", verify_house, "Was a line of it altered?", Report),
)  # fmt: skip
