"""Forms as browsers send them, `application/x-www-form-urlencoded`, bounded before anything is parsed."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from consent.routes.door import Refused, bytes_of

MOST_BYTES: Final = 256 * 1024
MOST_FIELDS: Final = 2000


class Form:
    """Fields with their values, blanks around them cut; `all` for those that may come several times."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def get(self, name: str, default: str = "") -> str:
        return next((value.strip() for key, value in self._pairs if key == name), default)

    def raw(self, name: str) -> str:
        """As it was typed: a password may begin with a blank."""
        return next((value for key, value in self._pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value.strip() for key, value in self._pairs if key == name]

    def lines(self, name: str) -> list[str]:
        """One value a line, empty lines left out."""
        return [line.strip() for line in self.get(name).splitlines() if line.strip()]

    def under(self, prefix: str) -> Mapping[str, str]:
        """`prefix.x=1&prefix.y=2` → `{"x": "1", "y": "2"}`."""
        start = f"{prefix}."
        return {key.removeprefix(start): value.strip() for key, value in self._pairs if key.startswith(start)}


async def read(request: Request, most: int = MOST_BYTES) -> Form:
    """The form of a request, of at most `most` bytes. Raises Refused: 413, 408, 400; what is no form has no fields."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return Form([])
    text = (await bytes_of(request, most)).decode("utf-8", "replace")
    try:
        return Form(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Refused(413, "too_large", f"a form may have {MOST_FIELDS} fields") from None
