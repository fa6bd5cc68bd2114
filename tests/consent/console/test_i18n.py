"""Both languages say everything; no template says anything by itself."""

import json
import re
from pathlib import Path

import pytest

from consent.console.i18n import LANGUAGES, Words, catalogues, chosen

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = (ROOT / "consent/console", ROOT / "collector/console")
TEMPLATES = sorted(p for folder in FOLDERS for p in (folder / "templates").glob("*.html"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.parent.name)
def test_catalogues_have_the_same_keys_and_places(folder: Path) -> None:
    english, chinese = (json.loads((folder / f"messages/{name}.json").read_text("utf-8")) for name in LANGUAGES)
    assert list(english) == list(chinese)
    for key, text in english.items():
        places = [sorted(re.findall(r"\{(\w+)\}", said)) for said in (text, chinese[key])]
        assert places[0] == places[1], key
        assert text.strip() and chinese[key].strip(), key


def test_packages_do_not_say_the_same_key() -> None:
    assert set(catalogues(tuple(f / "messages" for f in FOLDERS))) == set(LANGUAGES)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_no_template_has_words_of_its_own(path: Path) -> None:
    text = re.sub(r"<pre id=\"snippet\">.*?</pre>", "", path.read_text("utf-8"), flags=re.S)  # code to paste
    text = re.sub(r"\{% block body_\w+ %\}.*?\{% endblock %\}", "", text)  # classes and attributes
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.S)
    text = re.sub(r"<kbd>.*?</kbd>|<code>.*?</code>", " ", text)
    text = re.sub(r"<[^>]*>", " ", text)
    assert re.findall(r"[A-Za-z]{2,}|[\u4e00-\u9fff]+", text) == []
    attributes = re.findall(
        r"(?<!-)\b(?:title|alt|placeholder|aria-label|content)=\"([^\"{]*[A-Za-z][^\"{]*)\"", path.read_text()
    )
    assert [a for a in attributes if not a.startswith(("width=", "light dark", "0; url=", "https://"))] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_templates_are_fit_for_the_strict_policy(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)|\|\s*safe\b|autoescape", text)


def test_every_key_that_templates_name_exists() -> None:
    words = catalogues(tuple(f / "messages" for f in FOLDERS))["en"]
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        named = re.findall(r"\bt\(\"([\w.]+)\"[,)]", text)
        named += [k for call in re.findall(r"m\.(?:heading|empty|field|area|choice)\(([^)]*)\)", text)
                  for k in re.findall(r"\"([a-z]\w*\.\w[\w.]*)\"", call) if not k.endswith(".")]  # fmt: skip
        assert [k for k in named if k not in words] == [], path.name


@pytest.mark.parametrize(
    ("cookie", "accept", "language"),
    [
        ("", "", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("", "fr, zh-TW;q=0.5, en;q=0.4", "zh-CN"),
        ("", "en-GB, zh;q=0.9", "en"),
        ("", "en;q=0.1, zh", "zh-CN"),
        ("en", "zh", "en"),
        ("zh-CN", "en", "zh-CN"),
        ("../etc", "de;q=x, ;;;", "en"),
    ],
)
def test_the_language_is_the_readers(cookie: str, accept: str, language: str) -> None:
    assert chosen(cookie, accept) == language


def test_a_missing_word_is_a_mistake_and_values_stay_text() -> None:
    words = Words("en", {"hello": "Hello {name}", "plain": "100 {%}"})
    assert words("hello", name="<b>") == "Hello <b>"
    assert words("plain") == "100 {%}"
    with pytest.raises(KeyError):
        words("nothing")
