"""Enrichments: each adds one group of columns of its own, by looking something up.

To add one: write a module with `COLUMNS` and `build(geo) -> Enrichment`, put its `build` into the tuple below,
describe its columns in `docs/enrichment.md` and give it a vector in `tests/contract/vectors/enrich.json`. The suite
finds it by the tuple. `model.py` says what an enrichment may see and why it is split into a key and a look-up.
"""

from collections.abc import Callable
from typing import Final

from collector.enrich import bot, campaign, geo, referrer, ua
from collector.enrich.geo import EMBEDDED, GeoDatabase, GeoError
from collector.enrich.model import Columns, Enrichment, Facts

__all__ = [
    "EMBEDDED",
    "ENRICHMENTS",
    "Columns",
    "Enrichment",
    "Facts",
    "GeoDatabase",
    "GeoError",
    "enrichments",
]

ENRICHMENTS: Final[tuple[Callable[[GeoDatabase], Enrichment], ...]] = (
    ua.build,
    bot.build,
    geo.build,
    campaign.build,
    referrer.build,
)


def enrichments(geo: GeoDatabase) -> tuple[Enrichment, ...]:
    """All of them, ready. Takes about 0.2 s (regexes): call it once a process."""
    return tuple(build(geo) for build in ENRICHMENTS)
