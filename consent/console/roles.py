"""Who may do what: one table, permission × role. A person may have several roles and then may what any of them may.

Three lines of it are about keeping each other honest. `admin` lets people in and holds keys and sources, but neither
writes policy nor looks anybody up. `policy.publish` is the approver's alone, and whoever wrote a draft cannot approve
it even with that role (four eyes; checked where a policy is published). `requests.erase` is for officers and
approvers, and whoever verified a person's identity cannot have them erased (checked in consent/rights/work.py).
"""

from collections.abc import Iterable
from typing import Final

ROLES: Final = ("viewer", "analyst", "privacy_officer", "approver", "auditor", "admin")

# permission           viewer analyst officer approver auditor admin
_TABLE: Final = """
overview.view            x       x       x       x       x      x
policy.view              x       x       x       x       x      x
policy.edit              .       .       x       .       .      .
policy.publish           .       .       .       x       .      .
map.view                 x       x       x       x       x      x
map.edit                 .       .       x       .       .      .
simulate                 .       x       x       x       x      x
ledger.view              .       .       x       x       x      .
ledger.verify            .       .       x       x       x      x
ledger.export            .       .       x       .       x      .
pii.view                 .       x       x       x       x      x
pii.edit                 .       .       x       .       .      .
people.view              .       .       x       .       .      .
people.withdraw          .       .       x       .       .      .
requests.view            .       .       x       x       x      .
requests.edit            .       .       x       .       .      .
requests.erase           .       .       x       x       .      .
keys.view                .       .       x       .       x      x
keys.rotate              .       .       .       .       .      x
audit.view               .       .       x       .       x      x
users.manage             .       .       .       .       .      x
live.view                .       x       x       .       .      x
sources.view             .       x       x       .       x      x
sources.edit             .       .       .       .       .      x
health.view              x       x       x       x       x      x
"""


def _parse(table: str) -> dict[str, frozenset[str]]:
    lines = [line.split() for line in table.strip().splitlines()]
    return {name: frozenset(r for r, mark in zip(ROLES, marks, strict=True) if mark == "x") for name, *marks in lines}


PERMISSIONS: Final = _parse(_TABLE)


def may(roles: Iterable[str], permission: str) -> bool:
    """Whether any of the roles has the permission. Raises KeyError for a permission that is in no line."""
    return not PERMISSIONS[permission].isdisjoint(roles)
