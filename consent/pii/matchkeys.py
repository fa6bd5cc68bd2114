"""Match keys for ads: plain SHA-256 in the forms that Google and Meta compare with their own. Pure.

A plain hash of an address or a number is no pseudonym (hashing.py): whoever has it can try all numbers. So these stand
in columns of their own, are made only where a source asks for them, and only of people who granted `marketing`. The two
forms differ: Google wants gmail.com without dots and numbers with a plus (Customer Match, "Format your data"), Meta
wants neither (Customer information parameters). A number whose country nobody can tell has no key: a wrong one would be
somebody else's.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from consent.pii.checks import digits_of
from consent.pii.declared import declared_class

COLUMNS: Final = ("match_google_email", "match_google_phone", "match_meta_email", "match_meta_phone")
PURPOSE: Final = "marketing"
_DOTLESS: Final = frozenset({"gmail.com", "googlemail.com"})
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}")


def match_keys(traits: Mapping[str, Any], user_id: str = "") -> dict[str, str]:
    """The columns for what `identify` says of a person; of several addresses or numbers the first counts."""
    found: dict[str, str] = {}
    for name, value in [*traits.items(), ("", user_id)]:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            continue
        cls = declared_class(name, True) if name else "email" if "@" in user_id else None
        keys = of_email(str(value)) if cls == "email" else of_phone(str(value)) if cls == "phone" else {}
        found = keys | found
    return found


def of_email(value: str) -> dict[str, str]:
    """The columns for a mail address; none if it is not one."""
    mail = value.strip().lower()
    if not _MAIL.fullmatch(mail):
        return {}
    local, _, domain = mail.rpartition("@")
    google = f"{local.replace('.', '')}@{domain}" if domain in _DOTLESS else mail
    return {"match_google_email": _sha256(google), "match_meta_email": _sha256(mail)}


def of_phone(value: str) -> dict[str, str]:
    """The columns for a phone number with its country's code, or a Chinese mobile; none if the country is not known."""
    text, digits = value.strip(), digits_of(value)
    if text.startswith("00"):
        digits = digits[2:]
    elif _CHINESE_MOBILE.fullmatch(digits) and not text.startswith("+"):
        digits = f"86{digits}"
    elif not text.startswith("+"):
        return {}
    if not 8 <= len(digits) <= 15 or digits.startswith("0"):
        return {}
    return {"match_google_phone": _sha256(f"+{digits}"), "match_meta_phone": _sha256(digits)}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
