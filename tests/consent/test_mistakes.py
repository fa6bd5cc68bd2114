"""Every mistake that is raised has a text in both languages, with the values that the raising place gives."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.sources import SourceError
from consent.admin import AdminError
from consent.console.i18n import LANGUAGES, Words, catalogues
from consent.mistakes import PREFIX, TEXTS
from consent.policy import PolicyError
from consent.receipts import ChoiceError

ROOT = Path(__file__).resolve().parents[2]
RAISED = ("AdminError", "ChoiceError", "KeyRingError", "PolicyError", "RequestError", "SourceError")


def raised() -> Iterator[tuple[str, str, set[str]]]:
    """(where, code or the pattern of codes, names of values) of each place that raises one."""
    for folder in ("consent", "collector", "warehouse"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.is_relative_to(ROOT / "consent/pii"):  # has an error of the same name for the command line
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
                    said = node.args[0]
                    if isinstance(said, ast.JoinedStr):  # twice.{what}
                        parts = [
                            re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"\w+" for v in said.values
                        ]
                        code = "".join(parts)
                    else:
                        assert isinstance(said, ast.Constant), f"{path}:{node.lineno}"
                        code = re.escape(str(said.value))
                    yield f"{path.name}:{node.lineno}", code, {str(k.arg) for k in node.keywords}


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_what_is_raised_has_its_texts_and_no_text_is_left_over() -> None:
    used: set[str] = set()
    for where, pattern, values in raised():
        codes = [code for code in TEXTS if re.fullmatch(pattern, code)]
        assert codes, f"{where}: no text for {pattern} in consent/mistakes.py"
        for code in codes:
            assert places(TEXTS[code][0]) == values, f"{where}: {code}"
        used.update(codes)
    assert used == set(TEXTS)


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_both_languages_fill_in_the_same(code: str) -> None:
    english, chinese = TEXTS[code]
    assert places(english) == places(chinese)
    assert english.isascii()
    assert re.search(r"[\u4e00-\u9fff]|^\{file\}", chinese)


def test_the_reader_hears_it_in_their_language() -> None:
    english, chinese = (Words(name, catalogues(())[name]) for name in LANGUAGES)
    error = AdminError("version.unknown", site="shop", number=7)
    assert str(error) == english.of(error) == "site shop has no version 7"
    assert chinese.of(error) == "站点 shop 没有版本 7"
    assert chinese.of(PolicyError("jurisdiction.rest")) == TEXTS["jurisdiction.rest"][1]
    assert chinese.of(ChoiceError("choice.guardian")) == TEXTS["choice.guardian"][1]
    assert chinese.of(SourceError("source.mode", source="shop")).startswith("来源 shop：mode")
    assert chinese.of(ValueError("another")) == "another"  # an error without a code is said as it is
    assert all(key.startswith(PREFIX) for key in catalogues(())["en"])


def test_a_code_without_a_text_fails_where_it_is_raised() -> None:
    with pytest.raises(KeyError):
        AdminError("nothing.of.this.kind")
