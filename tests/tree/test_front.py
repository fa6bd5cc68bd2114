"""The front of the repository: what README and docs tell people to type, follow and read is there."""

import hashlib
import re
from functools import cache

import click
import pytest

from tests.tree.files import ROOT, ending, paths, read
from warehouse.cli import main

PAGES = ending(".md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
SDKS = ("sdk-js", "sdk-miniprogram", "sdk-python", "sdk-python-scrub")
APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def blocks(path: str, *languages: str) -> list[str]:
    return [body for language, body in FENCE.findall(read(path)) if language in languages]


def shell_lines(path: str) -> list[str]:
    return [line for block in blocks(path, "sh") for line in block.splitlines()]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", read("Makefile"), re.M))


@pytest.mark.parametrize("path", PAGES)
def test_make_targets_exist(path: str) -> None:
    named = {t for line in shell_lines(path) for t in re.findall(r"(?:^|\s)make ([a-z][a-z-]*)", line)}
    assert named <= targets()


def commands(path: str) -> list[str]:
    found = []
    for line in shell_lines(path):
        matched = re.match(r"(?:FIRSTHAND_\w+=\S+ )*(?:\.venv/bin/)?firsthand ([a-z][^#|>]*)", line)
        if matched:
            found.append(matched[1].strip())
    return found


@pytest.mark.parametrize(("path", "typed"), [(p, c) for p in PAGES for c in commands(p)])
def test_commands_and_options_exist(path: str, typed: str) -> None:
    command: click.Command = main
    for word in typed.split():
        if isinstance(command, click.Group):
            inner = command.get_command(click.Context(command), word)
            assert inner is not None, f"{path}: firsthand {typed}"
            command = inner
    known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
    unquoted = re.sub(r"\"[^\"]*\"?|'[^']*'?", "", typed)
    assert set(re.findall(r"(?<=\s)--[a-z-]+", unquoted)) <= known, f"{path}: firsthand {typed}"


@pytest.mark.parametrize("path", PAGES)
def test_links_lead_somewhere(path: str) -> None:
    text = FENCE.sub("", read(path))
    folder = (ROOT / path).parent
    local = [link for link in LINK.findall(text) if "://" not in link and not link.startswith("mailto:")]
    broken = [link for link in local if not (folder / link.partition("#")[0]).exists()]
    for link in local:
        page, _, anchor = link.partition("#")
        if anchor and (not page or page.endswith(".md")):
            there = path if not page else (folder / page).resolve().relative_to(ROOT).as_posix()
            broken += [] if anchor in anchors(there) else [link]
    assert broken == []


@cache
def anchors(path: str) -> set[str]:
    """Of a page's headings, as GitHub makes them: small letters, no marks, dashes for spaces."""
    headings = re.findall(r"^#+ +(.*)$", FENCE.sub("", read(path)), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def test_pictures_are_in_the_repository() -> None:
    assert "docs/img/live.png" in paths()


def test_both_readmes_have_the_same_shape() -> None:
    english, chinese = read("README.md"), read("README.zh-CN.md")
    for pattern in (r"^(#+) ", r"^```(\w*)$"):
        assert re.findall(pattern, english, re.M) == re.findall(pattern, chinese, re.M)
    for kind in ("sh", "toml", "python", "html"):
        in_english, in_chinese = blocks("README.md", kind), blocks("README.zh-CN.md", kind)
        assert [without_comments(b) for b in in_english] == [without_comments(b) for b in in_chinese]
    assert english.count("\n| ") == chinese.count("\n| ")


def without_comments(block: str) -> list[str]:
    return [re.sub(r"\s*(#|<!--).*$", "", line) for line in block.splitlines()]


def test_licence_is_the_real_text() -> None:
    copies = [path for path in paths() if path.rpartition("/")[2] == "LICENSE"]  # what is released alone has its own
    assert set(copies) >= {"LICENSE", *(f"{sdk}/LICENSE" for sdk in SDKS)}
    for path in copies:
        assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == APACHE_2, path


def test_notice_names_what_is_shipped() -> None:
    notice = read("NOTICE")
    for shipped in ("collector/enrich/data/geo.mmdb", "CC-BY 4.0", "ip2region", "Unicode License V3"):
        assert shipped in notice


@pytest.mark.parametrize("path", [p for p in PAGES if p.startswith("docs/") or "/" not in p])
def test_measured_figures_name_machine_and_date(path: str) -> None:
    """A rate without a machine, a command and a day is an advertisement."""
    text = FENCE.sub("", read(path))
    rates = re.findall(r"\d[\d,. ]*(?:events|rows|batches|requests|commits)/s\b", text)
    if rates:
        assert re.search(r"2\d{3}-\d{2}-\d{2}", text), f"{path}: {rates[0]}: when?"
        assert re.search(r"cores?\b", text), f"{path}: {rates[0]}: on which machine?"
        assert re.search(r"`(?:make|\.venv/bin/|python|wrk)[^`]*`", text), f"{path}: {rates[0]}: by which command?"


FOLDERS = "collector|consent|warehouse|sdk-js|sdk-miniprogram|sdk-python|tests|docs|examples"
IN_THE_TREE = re.compile(rf"`((?:{FOLDERS})/[\w./-]+)`")
BUILT = ("sdk-js/dist/", "sdk-js/build/", "sdk-miniprogram/dist/")


@pytest.mark.parametrize("path", PAGES)
def test_files_that_are_named_exist(path: str) -> None:
    named = {name for name in IN_THE_TREE.findall(read(path)) if not name.startswith(BUILT)}
    assert {name for name in named if not (ROOT / name).exists()} == set()
