"""What no file of the repository may hold: somebody's machine, download addresses, unfinished business, keys."""

import re

import pytest

from tests.tree.files import ending, is_text, paths, read

THIS = "tests/tree/test_content.py"
# Texts of others, kept to the letter
VERBATIM = {"LICENSE", *ending(".min.js", ".min.css", under=("consent/console/static/vendor/",))}

PATTERNS = {
    "a path of somebody's machine": r"(?<![\w.])/(?:work|root|home|Users)/[\w.]",
    "the host of a package registry or mirror": r"registry\.npmjs|npmmirror|files\.pythonhosted|\bpypi\.org|"
    r"proxy\.golang|deb\.debian\.org|mirrors?\.[a-z]+\.(?:com|edu|org)",
    "a download address in a lock file": r'"resolved":\s*"(?:https?|git)',
    "unfinished business": r"\b(?:TODO|FIXME|XXX|HACK|WIP)\b|NotImplementedError",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a cloud key": r"\bAKIA[0-9A-Z]{16}\b",
    "a wait that a strict page refuses (until() of tests/e2e/browser.py does not)": r"\.wait_for_function\(",
    "a merge that went wrong": r"^(?:<{7}|>{7}) ",
}
TEXTS = [p for p in paths() if p != THIS and p not in VERBATIM and is_text(p)]


@pytest.mark.parametrize("what", PATTERNS)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(PATTERNS[what], re.M)
    found = [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for path in TEXTS
        for text in [read(path)]
        for match in pattern.finditer(text)
    ]
    assert not found, f"{what}: " + ", ".join(found[:10])


@pytest.mark.parametrize(
    ("what", "example"),
    [
        ("a path of somebody's machine", "open('/home/ada/x')"),
        ("the host of a package registry or mirror", "https://registry.npmjs.org/vitest"),
        ("a download address in a lock file", '"resolved": "https://example.org/x.tgz"'),
        ("unfinished business", "# TODO: later"),
        ("a merge that went wrong", "<<<<<<< ours"),
    ],
)
def test_patterns_find_what_they_are_for(what: str, example: str) -> None:
    assert re.search(PATTERNS[what], example, re.M)


def test_texts_are_utf8_and_end_with_a_line_end() -> None:
    bad = [p for p in TEXTS if (text := read(p)) and not text.endswith("\n")]
    assert bad == []
