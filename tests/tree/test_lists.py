"""What stands in a list stands in the docs as well: steps, enrichments, columns, sinks, commands, routes, metrics."""

import re
from datetime import UTC, datetime

import pytest

from collector.enrich import ENRICHMENTS
from collector.exposition import SheetCollector
from collector.metrics import Balance, publish
from collector.pipeline import STEPS
from collector.protocol import RESERVED_EVENTS
from collector.settings import Settings
from collector.spool.report import LoadReport
from tests.tree.files import cells, ending, read
from warehouse.cli import COMMANDS
from warehouse.schema import TABLES, TableSchema
from warehouse.sinks import SINKS

# How the docs call what warehouse/schema.py calls a kind
KINDS = {
    "string": "text", "json": "JSON", "time": "time", "long": "whole number", "int": "whole number",
    "bool": "yes or no", "strings": "list of text",
}  # fmt: skip


def test_steps_in_order() -> None:
    steps = " · ".join(step.__name__ for step in STEPS)
    for page in ("docs/architecture.md", "README.md", "README.zh-CN.md"):
        assert f"`{steps}`" in read(page), f"{page} should show the steps as `{steps}`"


@pytest.mark.parametrize("name", [build.__module__.rpartition(".")[2] for build in ENRICHMENTS])
def test_enrichments(name: str) -> None:
    assert f"\n## {name}\n" in read("docs/enrichment.md")
    assert f"`{name}`" in read("docs/architecture.md")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_columns(table: TableSchema) -> None:
    section = read("docs/columns.md").partition(f"\n## {table.name}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in section.splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted([f"`{c.name}`" + " !" * c.required, KINDS[c.kind]] for c in table.columns)


@pytest.mark.parametrize("name", SINKS)
def test_sinks(name: str) -> None:
    assert f"`{name}`" in read("docs/architecture.md")


@pytest.mark.parametrize("name", COMMANDS)
def test_commands(name: str) -> None:
    assert f"`firsthand {name}`" in cells_of_commands()


def cells_of_commands() -> set[str]:
    return {f"`{cell}`" for cell in cells(read("docs/operations.md"))}


def test_no_command_is_documented_that_is_not_there() -> None:
    named = {c.split()[1].strip("`") for c in cells_of_commands() if c.startswith("`firsthand ")}
    assert named == set(COMMANDS)


def test_plugins_of_the_web_sdk() -> None:
    listed = re.search(r" PLUGINS:[^=]*= \[([^\]]+)\];", read("sdk-js/src/plugins/index.ts"))
    assert listed
    page = read("docs/architecture.md")
    assert [name for name in re.findall(r"\w+", listed[1]) if f"`{name}`" not in page] == []


def test_names_that_sdks_reserve_are_taken_by_the_collector() -> None:
    """A plugin whose event is not in the list would be refused, each time, as `reserved_name`."""
    sources = [p for end in (".ts", ".py") for p in ending(end, under=("sdk-js/", "sdk-miniprogram/", "sdk-python/"))]
    inside = [read(path) for path in sources if "/src/" in path]
    said = {name for text in inside for name in re.findall(r"""['"](\$[a-z_]+)['"]""", text)}
    assert len(said) > 15
    assert said - RESERVED_EVENTS == {"$event"}  # uni-app's name of what a handler is given
    assert set(re.findall(r'"(\$[a-z_]+)"', read("tests/contract/schema/message.json"))) >= RESERVED_EVENTS


def test_metrics(tmp_path_factory: pytest.TempPathFactory) -> None:
    data = tmp_path_factory.mktemp("data")
    (data / "spool").mkdir()
    balance = Balance()
    balance.requests["200"] = balance.rejected["shop invalid"] = balance.accepted["shop"] = 1
    balance.enrichment_errors["geo"] = 1
    publish(balance, data / "run" / "c1-0.json")

    loader = LoadReport(time=datetime(2026, 11, 22, tzinfo=UTC))
    exposed = {family.name for family in SheetCollector(data, data / "spool", loader).collect()}
    page = read("docs/operations.md")
    documented = {name.removesuffix("_total") for name in cells(page) if name.startswith("firsthand_")}
    assert documented == exposed


def test_ports_of_call() -> None:
    """Every route that a collector serves to others is in the protocol."""
    from collector.app import build_app

    app = build_app(Settings(live=False, console=False))
    page = read("docs/protocol.md")
    letters = {f"/v1/{letter}" for letter in "tpsiga"} | {"/v1/b"}
    singles = {f"/v1/{kind}" for kind in ("track", "page", "screen", "identify", "group", "alias")}
    for route in app.routes:
        path: str = route.path  # type: ignore[attr-defined]
        if path not in letters | singles:
            assert re.sub(r"\{(\w+)\}", "", path).rstrip("/") in re.sub(r"\{(\w+)\}", "", page), path


def test_every_page_is_in_the_index() -> None:
    index = read("docs/index.md")
    pages = [p.removeprefix("docs/") for p in ending(".md", under=("docs/",)) if p != "docs/index.md"]
    assert [p for p in pages if f"({p})" not in index] == []
