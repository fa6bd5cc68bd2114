"""Titles of purposes in the reader's language."""

import pytest

from consent.console.names import title_of, titles
from consent.model import Purpose, PurposeText
from consent.presets import preset


@pytest.mark.parametrize(
    ("written", "language", "shown"),
    [
        ({"en": "Audience", "zh-CN": "受众", "de": "Publikum"}, "zh-CN", "受众"),
        ({"en": "Audience", "zh-TW": "受眾"}, "zh-CN", "受眾"),
        ({"de": "Publikum", "en-GB": "Audience"}, "zh-CN", "Audience"),
        ({"de": "Publikum"}, "en", "measuring"),
    ],
)
def test_the_nearest_title(written: dict[str, str], language: str, shown: str) -> None:
    purpose = Purpose("measuring", {locale: PurposeText(text) for locale, text in written.items()})
    assert title_of(purpose, language) == shown


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_shipped_purposes_have_titles_of_their_own(language: str) -> None:
    found = titles(preset(), language)
    assert found.keys() == {p.id for p in preset().purposes}
    assert len(set(found.values())) == len(found) and not set(found.values()) & set(found)
    assert titles(None, language) == {}
