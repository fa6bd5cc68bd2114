"""State and token of a person, as three routes answer them (tests/contract/schema/consent_answer.json)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from consent.policy import Signals, iso, resolve
from consent.receipts import Held, proved, state_of
from consent.record import World
from consent.registry import Site
from consent.tokens import ISSUER, Claims, issue


def answer_for(
    site: Site, subject: str, held: Mapping[str, Held], region: str | None, gpc: bool, world: World, seq: int = 0
) -> dict[str, Any]:  # fmt: skip
    """`seq`: of the newest entry about the subject, if it is newer than every receipt in `held`."""
    at = datetime.fromtimestamp(world.now / 1000, UTC)
    seen = gpc or any(one.gpc for one in held.values())
    snapshot = resolve(site.gate.document, (), site.id, region, None, Signals(seen), at)
    granted, denied, until = proved(snapshot, held, world.now)
    newest = max(held.values(), key=lambda one: one.seq, default=None)
    issued = world.now // 1000
    expires = max(issued + 1, min(until // 1000, issued + 24 * 3600))
    claims = Claims(
        iss=ISSUER, aud=site.id, sub=subject, jti=newest.receipt if newest else "", iat=issued, exp=expires,
        seq=max(seq, newest.seq if newest else 0), granted=granted, denied=denied,
        policy_version=snapshot.policy_version, jurisdiction=snapshot.jurisdiction,
    )  # fmt: skip
    return {
        "state": state_of(snapshot, subject, held, world.now),
        "token": issue(world.ring.token[-1], claims),
        "tokenExpiresAt": iso(datetime.fromtimestamp(expires, UTC)),
    }
