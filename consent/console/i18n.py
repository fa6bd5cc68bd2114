"""Words in English and Chinese: a flat JSON catalogue a language and package, the same keys in both (a test compares).

A package adds its own words by its own folder of catalogues. A key that is missing is a bug and raises. What is filled
in is text, never markup: the page escapes it like everything else.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from consent.mistakes import PREFIX, Mistake, texts

LANGUAGES: Final = ("en", "zh-CN")
OWN: Final = Path(__file__).parent / "messages"


@lru_cache(8)
def catalogues(folders: tuple[Path, ...]) -> dict[str, dict[str, str]]:
    """All words by language. Raises ValueError if two packages say the same key."""
    found: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        words: dict[str, str] = {}
        for folder in folders:
            more: dict[str, str] = json.loads((folder / f"{language}.json").read_text("utf-8"))
            if twice := words.keys() & more.keys():
                raise ValueError(f"{folder}: said already: {', '.join(sorted(twice))}")
            words |= more
        found[language] = words | texts(language)
    return found


class Words:
    """The words of one language; `words("key", n=3)` fills in `{n}`."""

    def __init__(self, language: str, catalogue: Mapping[str, str]) -> None:
        self.language = language
        self._catalogue = catalogue

    def __call__(self, key: str, **values: Any) -> str:
        text = self._catalogue[key]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        return key in self._catalogue

    def of(self, error: ValueError) -> str:
        """What a mistake says, in this language; of an error without a code what it says itself."""
        if isinstance(error, Mistake) and self.has(PREFIX + error.code):
            return self(PREFIX + error.code, **error.values)
        return str(error)

    def list_of(self, names: Iterable[str]) -> str:
        """Names one after the other, as the language parts them."""
        return ("、" if self.language == "zh-CN" else ", ").join(names)


def chosen(cookie: str, accept: str) -> str:
    """The language in force: the one chosen here before, else the browser's first that we have, else English."""
    if cookie in LANGUAGES:
        return cookie
    ranked = []
    for part in accept.split(",")[:20]:
        tag, _, rest = part.strip().partition(";")
        quality = rest.strip().removeprefix("q=") or "1"
        try:
            ranked.append((-float(quality), tag.strip().lower()))
        except ValueError:
            continue
    for _, tag in sorted(ranked, key=lambda pair: pair[0]):
        if tag.startswith("zh"):
            return "zh-CN"
        if tag.startswith("en"):
            return "en"
    return "en"
