"""Some weeks of a site: a policy, people who chose, notices that were served, events that arrived. All made up."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from consent.admin import events, policies
from consent.admin.events import Seen
from consent.console.house import House
from consent.model import EventRule, FieldRule, Notice
from consent.presets import preset
from consent.receipts import ChoiceBody, request_hash
from consent.record import Request, World, record
from consent.store.tables import served_notice
from consent.store.upsert import upsert
from consent.subjects import subjects_of

SITE = "default"
PLACES = (("DE", "de", 0.55), ("FR", "fr", 0.6), ("CN", "zh-CN", 0.7), ("US-CA", "en", 0.9))
DAY_MS = 86_400_000


def publish(house: House, now: float, author: str = "officer", approver: str = "second") -> str:
    """The shipped policy, by two people; its version."""
    with house.store.write() as connection:
        draft = policies.save_draft(connection, house.admin(author, now), SITE, preset(), "The shipped policy")
        policies.submit(connection, house.admin(author, now), SITE, draft.id)
        return policies.publish(connection, house.admin(approver, now), SITE, draft.id).version


@dataclass(frozen=True)
class Said:
    """What a device chose, and where."""

    person: str
    action: str = "accept_all"
    region: str = "DE"
    locale: str = "de"
    choices: dict[str, bool] | None = None
    gpc: bool = False
    notice: str = "main"
    words: str | None = None


def choose(house: House, at: float, *said: Said) -> list[str]:
    """Choices made at one time, in one transaction; the receipts' ids."""
    ring, admin = house.ring(), house.admin("seed", at)
    requests = []
    for one in said:
        body = ChoiceBody(
            idempotency_key=f"key-{one.person}-{at}", action=one.action,  # type: ignore[arg-type]
            method="preferences" if one.choices else "banner", policy_version=preset().version,
            notice_hash=notice_of(one.notice, one.locale).hash if one.notice else None, words=one.words,
            locale=one.locale, choices=one.choices, gpc=one.gpc,
        )  # fmt: skip
        subject = subjects_of(ring, SITE, one.person, None)[0]
        requests.append(Request(body, subject, one.region, one.gpc, request_hash(body)))
    with house.store.write() as connection:
        world = World(admin.now, admin.new_id, admin.random, ring)
        outcomes = record(connection, SITE, policies.book(connection, SITE), requests, world)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return [outcome.payload["id"] for outcome in outcomes]  # type: ignore[union-attr]


def notice_of(id: str, locale: str) -> Notice:
    return next(n for n in preset().notices if n.id == id and (n.locale == locale or id != "main"))


def some_weeks(house: House, now: float, days: int = 21) -> None:
    """A policy in force since then, and about a dozen answers a day, the same ones every time."""
    publish(house, now - days * 86_400)
    dice = random.Random(7)
    served = []
    for back in range(days, 0, -1):
        at = now - back * 86_400 + 3_600
        for region, locale, yes in PLACES:
            notice = {"CN": "pipl", "US-CA": "optout"}.get(region, "main")
            found = notice_of(notice, locale)
            day = datetime.fromtimestamp(at, UTC).date().isoformat()
            rule = next(r for r in preset().jurisdictions if region in r.regions)
            served.append({"site": SITE, "day": day, "notice_hash": found.hash, "policy_version": preset().version,
                           "jurisdiction": rule.id, "region": region, "count": 4 + dice.randrange(3)})  # fmt: skip
            choose(house, at, *(
                Said(f"{region}-{back}-{number}", "accept_all" if dice.random() < yes else "reject_all", region, locale,
                     None, region == "US-CA" and number == 0, notice)
                for number in range(3)
            ))  # fmt: skip
    choose(house, now - 7_200, Said("DE-1-1", "withdraw"))
    with house.store.write() as connection:
        upsert(connection, served_notice, served, add=["count"])
        admin = house.admin("officer", now)
        events.save(
            connection, admin, SITE,
            (
                EventRule("Order *", "necessary", (FieldRule("properties.coupon", "marketing"),)),
                EventRule("$*", "analytics"),
            ),
            0,
        )  # fmt: skip
        at = int(now * 1000)
        events.note(connection, SITE, [
            Seen("shop", name, purpose, mapped, at - days * DAY_MS, at - 60_000 * n, 4000 // (n + 1))
            for n, (name, purpose, mapped) in enumerate(
                (("$page", "analytics", True), ("$click", "analytics", True), ("Product Viewed", "analytics", False),
                 ("Order Completed", "necessary", True), ("Newsletter Opened", "marketing", False))
            )
        ])  # fmt: skip
