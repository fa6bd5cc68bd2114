"""A labelled corpus for the firewall: made by a script from documented formats, the same each time, in two languages.

`positives` yields texts in which one value of a class stands, in the ways forms, links, chats, orders and logs have it;
`negatives` texts that only look so. Check digits are computed here once more, not with the firewall's own functions.
Nobody in it exists: numbers are random, names are put together from lists.
"""

from typing import NamedTuple


class Item(NamedTuple):
    """`value` of class `cls` stands in `text` under the field name `field`; both empty for a negative of kind `kind`."""

    text: str
    field: str = "note"
    cls: str = ""
    value: str = ""
    kind: str = ""
