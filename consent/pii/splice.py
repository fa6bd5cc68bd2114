"""Where in the bytes of a JSON object a text stands, told without decoding it. Pure.

Decoding, walking and encoding an event costs more than finding what is in it. In an object without a backslash every
text stands between its quotes as it is and can be replaced where it lies, if one thing is sure: that it is the value of
one of the object's own names. So of all that comes before it only quotes and brackets are kept. Two quotes that touch
were a text without brackets and go too. A bracket inside of a text has an odd number of quotes before it, so that a
quote would be left: then nothing is sure, and the caller decodes.
"""

from operator import itemgetter
from typing import Final

_NO_MARKS: Final = bytes(byte for byte in range(256) if byte not in b'"{}[]')
_NO_BRACKETS: Final = _NO_MARKS + b'"'
_COLONS: Final = (b":", b": ")

Spot = tuple[int, int, int]  # index of a rule, and where in the bytes it may find something: behind a quote, before one
Named = tuple[int, str, str, list[int]]  # end of a text, its name, the text, which rules may find something in it


def named(encoded: bytes, spots: list[Spot], surely: bool = True) -> dict[int, Named] | None:
    """The spots as texts under the object's own names, by their place and in its order.

    None if one of them is something else, or it cannot be told. `encoded` is valid JSON without a backslash. If not
    `surely`, brackets are taken for structure wherever they stand: a text with a lone one may then pass an inner
    object's name for the object's own, which is enough where only a report says the name's path.
    """
    found: dict[int, Named] = {}
    objects = lists = at = 0
    for index, first, last in sorted(spots, key=itemgetter(1)) if len(spots) > 1 else spots:
        if first in found:
            if found[first][0] != last:
                return None
            found[first][3].append(index)
            continue
        quote = first - 1
        end = encoded.rfind(b'"', at, quote)
        if end < 0 or encoded[end + 1 : quote] not in _COLONS:
            return None
        marks = encoded[at:quote].translate(None, _NO_MARKS if surely else _NO_BRACKETS)
        if surely and b'"' in (marks := marks.replace(b'""', b"")):
            return None
        if marks == b"{":
            objects += 1
        elif marks:
            objects += marks.count(b"{") - marks.count(b"}")
            lists += marks.count(b"[") - marks.count(b"]")
        if objects != 1 or lists or encoded.find(b'"', first, last) >= 0:
            return None
        name = encoded[encoded.rfind(b'"', at, end) + 1 : end].decode()
        found[first] = last, name, encoded[first:last].decode(), [index]
        at = last + 1
    return found
