"""What the pages for officers name as proof is there: the tests in their tables of laws and of attacks."""

import re

import pytest

from tests.tree.files import paths, read

PAGES = ("docs/consent.md", "docs/consent.zh-CN.md")
NAMED = re.compile(r"`((?:[\w/-]+/)?test_\w+\.py)(?:::(\w+))?`|`(test_\w+)`|`(vectors/[\w.]+)`|`(sdk-js/test)`")
TESTS = [p for p in paths() if p.startswith("tests/") and p.rpartition("/")[2].startswith("test_")]
ATTACKS = 13


def defined(path: str) -> set[str]:
    return set(re.findall(r"^def (test_\w+)", read(path), re.M))


def rows(page: str) -> list[str]:
    """Lines of tables whose last cell names tests."""
    return [line for line in read(page).splitlines() if line.startswith("| ") and "test" in line.split("|")[-2]]


@pytest.mark.parametrize("page", PAGES)
def test_what_is_named_is_there(page: str) -> None:
    missing = []
    for file, test, alone, vectors, folder in NAMED.findall("\n".join(rows(page))):
        files = [p for p in TESTS if p == file or p.endswith(f"/{file}")] if file else TESTS
        if vectors:
            found = f"tests/contract/{vectors}" in paths()
        elif folder:
            found = any(p.startswith(f"{folder}/") for p in paths())
        else:
            found = any(not (test or alone) or (test or alone) in defined(p) for p in files)
        if not found:
            missing.append(file or test or alone or vectors or folder)
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_each_row_of_the_tables_names_one(page: str) -> None:
    headings = read(page).split("\n## ")
    tables = [part for part in headings if part.startswith(("Law →", "Attack →", "法律 →", "攻击 →"))]
    assert len(tables) == 2
    for table in tables:
        lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
        assert len(lines) >= ATTACKS, table.partition("\n")[0]
        assert all(NAMED.search(line.split("|")[-2]) or "sdk-js" in line for line in lines)


def test_both_languages_name_the_same() -> None:
    english, chinese = ([n for row in rows(page) if (n := NAMED.findall(row))] for page in PAGES)
    assert english == chinese
