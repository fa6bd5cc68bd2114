"""What went wrong in a way that the person can mend: a code for programs, values, and one text a language.

    raise PolicyError("purpose.noText", purpose="marketing")
    str(error)                      # English: "purpose marketing has no text in any language; …"
    error.code, error.values        # "purpose.noText", {"purpose": "marketing"}

The console says the text in the reader's language (`words.of(error)`), the admin API gives the code and the values to
programs beside the English text. A code that is not in the table (mistake_texts.py) fails where it is raised.
"""

from typing import Any, Final

from consent.mistake_texts import TEXTS

PREFIX: Final = "mistake."


class Mistake(ValueError):
    """Base of the errors that people can mend. Raises KeyError for a code without a text."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(TEXTS[code][0].format(**values))
        self.code, self.values = code, values


def texts(language: str) -> dict[str, str]:
    """All texts of a language, English where it is none of ours; keys are `mistake.<code>`."""
    which = 1 if language.startswith("zh") else 0
    return {PREFIX + code: both[which] for code, both in TEXTS.items()}
