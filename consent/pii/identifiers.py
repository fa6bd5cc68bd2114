"""Ids that are personal data by themselves: a site that uses the mail address as its user id, or the phone number.

A plain `u-1001` is a pseudonym of the site's own making and stays, unless the source says otherwise. The same function
decides when a person is looked for (rights), so that `ada@example.com` is found where it was hashed.
"""

from consent.pii.hashing import is_pseudonym
from consent.pii.model import CLASSES, candidates
from consent.pii.rules import cn_id, phone, wechat
from consent.pii.spelling import plain

_RULES = (cn_id.RULE, phone.CN_PLUS, phone.E164, phone.CN_MOBILE, wechat.RULE)


def kind_of_id(value: str) -> str | None:
    """Under which word an id is hashed, or None if it may stay. A bare Chinese mobile number as an id is a phone."""
    if "@" in value and not is_pseudonym(value):
        return "email"
    if len(value) < 11 or value.startswith("p1."):
        return "user_id" if value.startswith("p1.") and not is_pseudonym(value) else None
    read = plain(value).strip()
    if "@" in read:
        return "email"
    for rule in _RULES:
        if any((start, end) == (0, len(read)) for start, end, _ in candidates(rule, read)):
            return CLASSES[rule.cls].kind
    return None
