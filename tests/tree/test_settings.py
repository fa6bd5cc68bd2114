"""Every setting is documented with its default and its variable, and nothing else is."""

import re

import msgspec
import pytest

from collector.settings import ENV_PREFIX, SECRETS, Settings
from collector.sources import StoredSource
from tests.tree.files import cells, read

PAGE, _, OF_A_SOURCE = read("docs/settings.md").partition("## Sources")
DEFAULTS = msgspec.to_builtins(Settings())


def row(name: str) -> list[str]:
    found = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    assert len(found) == 1, f"docs/settings.md needs exactly one row for {name}"
    return [cell.strip() for cell in found[0].strip("|").split("|")]


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_row_says_default_variable_and_meaning(name: str) -> None:
    _, default, variable, meaning = row(name)
    value = DEFAULTS[name]
    shown = "none" if value in ((), []) else "empty" if value == "" else f"`{value}`"
    shown = shown.lower() if isinstance(value, bool) else shown
    assert default == shown
    assert variable == f"`{ENV_PREFIX}{name.upper()}`"
    assert len(meaning) > 20
    assert ("Secret" in meaning) == (name in SECRETS)


def test_nothing_else_is_documented() -> None:
    assert cells(PAGE) == set(Settings.__struct_fields__)


def test_keys_of_a_source() -> None:
    assert cells(OF_A_SOURCE) == set(StoredSource.__struct_fields__)


def test_an_example_in_the_docs_names_real_settings() -> None:
    known = {ENV_PREFIX + name.upper() for name in Settings.__struct_fields__}
    python_sdk = {"FIRSTHAND_WRITE_KEY", "FIRSTHAND_ENDPOINT"}
    for page in ("README.md", "README.zh-CN.md", "docs/operations.md", "docs/warehouse.md", "docs/reliability.md"):
        named = set(re.findall(r"\bFIRSTHAND_[A-Z0-9_]+[A-Z0-9]\b", read(page)))
        assert named <= known | python_sdk, f"{page} names settings that do not exist"
