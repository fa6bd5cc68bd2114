"""Forms as browsers send them, `application/x-www-form-urlencoded`, bounded before anything is parsed."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

MOST_BYTES: Final = 256 * 1024
MOST_FIELDS: Final = 2000


class TooLarge(Exception):
    """More than a form of ours can have."""


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


async def read(request: Request) -> Form:
    """The form of a request. Raises TooLarge; what is no form has no fields."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return Form([])
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooLarge
    try:
        text = body.decode("utf-8", "replace")
        return Form(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise TooLarge from error
