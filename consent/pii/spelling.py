"""The plain spelling of a text: what it says once full-width letters and percent escapes are undone.

A person's number is the same number as １３８…, and `ada%2540x.example` is a mail address that went through two links.
Two rounds of decoding, because more are not seen in the wild and each costs.
"""

import re
import unicodedata
from urllib.parse import unquote

from consent.pii.look import WIDE

_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")


def plain(text: str) -> str:
    """`text` as the rules read it. The same object if there was nothing to undo."""
    if not text.isascii() and WIDE.search(text):
        text = unicodedata.normalize("NFKC", text)
    for _ in range(2):
        if "%" not in text or not _ESCAPED.search(text):
            break
        text = unquote(text)
    return text
