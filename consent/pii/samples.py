"""What found values look like, without any of them: every letter, digit and ideograph is replaced before it is kept.

Whoever judges a rule has to see whether it hits telephone numbers or article numbers. `99-9999-9` says it; the number
itself would be the very thing that the firewall is there to keep away. Of secrets not even the form is kept: the length
of a password is part of it. A few forms for each place are enough, so most hits cost one look into a dictionary.
"""

from typing import Final

LOOKS: Final = 32  # hits of one place that are looked at, for up to `FORMS` different forms
FORMS: Final = 3
MOST_CHARS: Final = 40
MOST_PLACES: Final = 400
_KEPT: Final = frozenset(" .,:;-_/@+()#*'\"&=?，。：；、（）")


class Samples:
    """The forms of one source's values by place (a key of the firewall's counts). Bounded; forget it now and then."""

    __slots__ = ("_left", "forms")

    def __init__(self) -> None:
        self.forms: dict[str, list[str]] = {}
        self._left: dict[str, int] = {}

    def note(self, place: str, cls: str, value: str) -> None:
        """Perhaps keep the form of a value that was found."""
        left = self._left.get(place, LOOKS)
        if not left or cls == "secret" or (left == LOOKS and len(self._left) >= MOST_PLACES):
            return
        self._left[place] = left - 1
        forms = self.forms.setdefault(place, [])
        form = form_of(value)
        if form not in forms:
            forms.append(form)
            if len(forms) >= FORMS:
                self._left[place] = 0


def form_of(value: str) -> str:
    """`Ada@example.com` → `Xxx@xxxxxxx.xxx`, `13800138000` → `99999999999`, `北京市` → `字字字`; 40 at most."""
    shown = "".join(_form(char) for char in value[:MOST_CHARS])
    return shown + "…" if len(value) > MOST_CHARS else shown


def _form(char: str) -> str:
    if char in _KEPT:
        return char
    if char.isdigit():
        return "9"
    if "\u3400" <= char <= "\u9fff" or char > "\uffff":
        return "字"
    return "X" if char.isupper() else "x"
