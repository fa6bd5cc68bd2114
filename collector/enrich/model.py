"""What an enrichment may see, and what an enrichment is.

A worker handles about a hundred thousand events a second, and most of them say what an earlier one said: the same
user agent, the same address. So an enrichment is split in two. `key` picks out of the facts the smallest hashable
thing its answer depends on, and is all that runs for an event whose key was met before; `look_up` turns a key into
columns, and may cost some microseconds. Whoever runs enrichments remembers answers by key (bounded), guards both
calls and counts failures.

The promise behind it: `look_up` depends on its key alone. Then remembering is always right, the order of
enrichments cannot matter, and each may fail without harm to the others.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

import msgspec

Columns: TypeAlias = dict[str, Any]
Device: TypeAlias = tuple[str | None, str | None, str | None, str | None]
Campaign: TypeAlias = tuple[str | None, str | None, str | None, str | None, str | None]


class Facts(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What an enrichment may see of one event, and nothing else.

    `platform`: `web | miniprogram | server | app`, the kind of the source.
    `user_agent`: at most 1,024 characters; what the message says, or else the header of the request if the person's
    own device sent it (a server's header would describe the server).
    `ip`: full address as text; only geo may use it, and the pipeline cuts it afterwards.
    `device`: what the device says of itself beside its user agent: name and version of the system, brand, model.
    `page_url`, `referrer`: as sent. `campaign`: source, medium, name, term, content as the client read them.
    """

    platform: str = "web"
    library: str | None = None
    user_agent: str | None = None
    ip: str | None = None
    page_url: str | None = None
    referrer: str | None = None
    campaign: Campaign | None = None
    device: Device | None = None


class Enrichment(msgspec.Struct, frozen=True):
    """One group of columns.

    `key(facts)`: what the answer depends on, or None if there is nothing to look up.
    `look_up(key)`: values of some of `columns`; what is not known is left out, never empty.
    `of_page`: it is about the page and how somebody came to it. Such a one sees `platform`, `page_url`, `referrer` and
    `campaign`, and no other sees the last three: pages are shared by many visitors and a visitor's device by all pages,
    so what is known of either is found again by itself (known.py).
    """

    name: str
    columns: tuple[str, ...]
    key: Callable[[Facts], Hashable | None]
    look_up: Callable[[Any], Columns]
    of_page: bool = False


def present(**columns: Any) -> Columns:
    """The columns that have a value."""
    return {name: value for name, value in columns.items() if value is not None and value != ""}


def encodable(text: str) -> str:
    """`text` without lone surrogates, which JSON can carry but neither UTF-8 nor the Rust regexes can."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
