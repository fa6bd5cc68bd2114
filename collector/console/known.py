"""What the collector knows of a source, for the install verifier of the page Sources and of the admin API."""

from datetime import UTC, datetime, timedelta

from collector.console import sourcebook
from collector.console.desk import Desk
from collector.console.verify import Known
from collector.context import Source
from consent.admin import figures
from consent.store import Store

# Where nobody answered there is a line for this, with how often the notice was shown
ANYTHING = ("any purpose",)


def known_of(desk: Desk, store: Store, source: Source, base: str, now: float) -> Known:
    """`base`: this collector's address as pages write it; `now` in seconds since the epoch; counts of its UTC day."""
    others = {one.write_key: one.id for one in sourcebook.every(desk) if one.id != source.id}
    today = datetime.fromtimestamp(now, UTC).date()
    span = today.isoformat(), (today + timedelta(days=1)).isoformat()
    with store.read() as connection:
        lines = figures.opt_in(connection, source.site, *span, ANYTHING)
    return Known(
        source.id, source.write_key, source.state, source.mode, source.origins, others,
        sourcebook.today(desk, now).get(source.id, {}), base,
        shown=sum({line.place: line.served for line in lines}.values()), agreed=sum(line.granted for line in lines),
    )  # fmt: skip
