"""Which parts of a message are read: all that a caller filled with data of its own.

Left as they are: `type`, `messageId`, `timestamp`, the ids of a person or group (they are what an event is about: who
puts mail addresses there makes one person of all people if they are taken out), and of the context `library` and
`consent`, which the SDK writes itself and the collector must be able to prove later.
"""

from __future__ import annotations

from typing import Any

from firsthand_scrub.scan import scan_object, scan_text, scan_value

_OURS = ("library", "consent", "page")
_TEXTS = ("event", "name")


def scrub(message: dict[str, Any]) -> dict[str, Any]:
    """The message without declared names and found values; the same object where there are none.

    For `before_send`: `message` is a built one, JSON values under their names on the wire. It is not changed, and
    nothing is raised, whatever it holds.
    """
    clean = dict(message)
    for key in _TEXTS:
        if isinstance(message.get(key), str):
            clean[key] = scan_text(message[key])
    for key in ("properties", "traits"):
        if isinstance(message.get(key), dict):
            clean[key] = scan_object(message[key], key == "traits")
    if isinstance(message.get("context"), dict):
        clean["context"] = _context(message["context"])
    return clean if any(clean[key] is not value for key, value in message.items()) else message


def _context(context: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in context.items() if key not in _OURS}
    clean = scan_object(rest)
    ours = {key: context[key] for key in _OURS if key in context}
    if isinstance(ours.get("page"), dict):
        # no field's name is told: `referrer` is no reference number, and nothing of a page is declared
        page = {scan_text(key): scan_value(value) for key, value in ours["page"].items()}
        if any(page.get(key) is not value for key, value in ours["page"].items()):
            ours["page"] = page
    same = clean is rest and all(ours[key] is context[key] for key in ours)
    return context if same else {**clean, **ours}
