"""Forms of the policy editor → the structs of `consent.model`. Pure: fields in, a struct out, or what is wrong.

A part of a document (a purpose, a notice in one language, a jurisdiction, the general part) is edited by itself and
put back at its place. What is not in a form, because the form does not know it, stays as it was.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import msgspec

from consent.console.forms import Form
from consent.model import Jurisdiction, Notice, PolicyDocument, Purpose
from consent.policy import PolicyError

T = TypeVar("T")
LABELS: Final = ("acceptAll", "rejectAll", "save", "preferences", "withdraw", "close")
PARTS: Final = ("purpose", "notice", "jurisdiction", "general")


def part_of(document: PolicyDocument, part: str, key: str) -> Any:
    """The part to edit as JSON types; empty for a new one. Raises PolicyError for one that is not there."""
    if part == "general":
        return msgspec.to_builtins(document)
    if not key:
        return {}
    found = next((x for x in _members(document, part) if _key(part, x) == key), None)
    if found is None:
        raise PolicyError("part.unknown", part=part, name=key)
    return msgspec.to_builtins(found)


def with_part(document: PolicyDocument, part: str, key: str, form: Form) -> PolicyDocument:
    """The document with what the form says. `key` is empty for a new member. Raises PolicyError."""
    if part == "general":
        return _general(document, form)
    makers: dict[str, Callable[[Form, dict[str, Any]], Any]] = {
        "purpose": _purpose, "notice": _notice, "jurisdiction": _jurisdiction
    }  # fmt: skip
    made = makers[part](form, part_of(document, part, key))
    members = list(_members(document, part))
    places = [i for i, x in enumerate(members) if _key(part, x) == key] if key else []
    if _key(part, made) != key and any(_key(part, x) == _key(part, made) for x in members):
        raise PolicyError("part.taken", part=part, name=_key(part, made))
    if places:
        members[places[0]] = made
    else:
        members.append(made)
    return _put(document, part, members)


def without(document: PolicyDocument, part: str, key: str) -> PolicyDocument:
    """The document without one of its members."""
    return _put(document, part, [x for x in _members(document, part) if _key(part, x) != key])


def _members(document: PolicyDocument, part: str) -> Iterable[Any]:
    return {"purpose": document.purposes, "notice": document.notices, "jurisdiction": document.jurisdictions}[part]


def _put(document: PolicyDocument, part: str, members: list[Any]) -> PolicyDocument:
    return msgspec.structs.replace(document, **{f"{part}s": tuple(members)})


def _key(part: str, member: Any) -> str:
    return f"{member.id}.{member.locale}" if part == "notice" else member.id


def _purpose(form: Form, before: dict[str, Any]) -> Purpose:
    titles, texts = form.under("title"), form.under("description")
    locales = [locale for locale in titles if titles[locale]]
    more = form.get("locale")
    return _convert(
        {
            **before,
            "id": form.get("id"),
            "texts": {k: {"title": titles[k], "description": texts.get(k, "")} for k in locales}
            | ({more: {"title": form.get("newTitle"), "description": form.get("newDescription")}} if more else {}),
            "kind": form.get("kind") or "general",
            "required": form.get("id") == "necessary",
            "gpc": form.get("gpc") or "ignore",
            "method": form.get("method"),
            "piiCategories": form.lines("piiCategories"),
            "recipients": form.lines("recipients"),
            "retention": form.get("retention") or "standard",
            "withdrawal": form.get("withdrawal") or "stop",
        },
        Purpose,
    )


def _notice(form: Form, before: dict[str, Any]) -> Notice:
    return _convert(
        {
            **before,
            "id": form.get("id"),
            "locale": form.get("locale"),
            "title": form.get("title"),
            "body": form.get("body").replace("\r\n", "\n"),
            "url": form.get("url") or None,
            "labels": {name: form.under("label").get(name, "") for name in LABELS},
        },
        Notice,
    )


def _jurisdiction(form: Form, before: dict[str, Any]) -> Jurisdiction:
    modes = {purpose: mode for purpose, mode in form.under("mode").items() if mode}
    kinds = {purpose: kind for purpose, kind in form.under("kind").items() if kind}
    child = form.get("childUnder")
    return _convert(
        {
            **before,
            "id": form.get("id"),
            "regions": form.get("regions").replace(",", " ").replace("，", " ").split(),
            "mode": form.get("default") or "opt_in",
            "modes": modes,
            "kinds": kinds,
            "pending": form.get("pending") or "queue",
            "ttlDays": _number(form.get("ttlDays")),
            "gpc": form.get("gpc") == "1",
            "childUnder": _number(child) if child else None,
            "notice": form.get("notice"),
            "law": form.get("law"),
        },
        Jurisdiction,
    )


def _general(document: PolicyDocument, form: Form) -> PolicyDocument:
    retention = {}
    for line in form.lines("retention"):
        name, _, days = line.partition(" ")
        retention[name] = _number(days.strip())
    return _convert(
        {
            **msgspec.to_builtins(document),
            "controller": {"name": form.get("name"), "contact": form.get("contact"), "url": form.get("url")},
            "proof": form.get("proof"),
            "reconsent": form.get("reconsent"),
            "retention": retention,
        },
        PolicyDocument,
    )


def _number(text: str) -> int:
    if not text.isdecimal():
        raise PolicyError("number", text=text[:20] or "?")
    return int(text[:9])


def _convert(values: dict[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise PolicyError("shape", said=str(error)) from error
