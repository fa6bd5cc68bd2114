"""Copies of others' files are copies, and their licences are named."""

import json
from pathlib import Path

import pytest

from consent.console.vendor import COPIES, TARGET

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", COPIES)
def test_each_copy_equals_its_package(name: str) -> None:
    source = ROOT / "node_modules" / COPIES[name]
    assert source.exists(), "run: npm ci"
    assert (TARGET / name).read_bytes() == source.read_bytes(), "run: python -m consent.console.vendor"


def test_nothing_else_is_vendored() -> None:
    assert {p.name for p in TARGET.iterdir()} == set(COPIES)


def test_versions_are_pinned_and_notice_names_each_with_its_licence() -> None:
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    notice = (ROOT / "NOTICE").read_text()
    for package in {source.split("/")[0] for source in COPIES.values()}:
        version = json.loads((ROOT / "node_modules" / package / "package.json").read_text())["version"]
        assert pinned[package] == version
        assert f"{package} {version}" in notice
