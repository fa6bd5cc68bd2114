"""Taro, uni-app and mpx: what their own compilers make of a small shop, run on WeChat's component runtime.

`make test-slow` installs the compilers (each example has its own lock) and builds. The same two pages everywhere, and
the same walk (`sdk-miniprogram/test/run_framework.ts`), so each framework has to give the same journey.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.devtools import faults
from tests.tree.files import ROOT

SDK = ROOT / "sdk-miniprogram"
PROGRAM = SDK / "build" / "run_framework.mjs"
OFFLINE = Path(__file__).with_name("offline.cjs")


@dataclass(frozen=True)
class Framework:
    """`output`: where its compiler writes. `handlers`: does it tell the names of handlers?"""

    name: str
    output: str = "dist"
    pages: tuple[str, str] = ("pages/home/index", "pages/cart/index")
    entry: str = "src/main.js"
    handlers: bool = False

    @property
    def folder(self) -> Path:
        return ROOT / "examples" / f"miniprogram-{self.name}"


FRAMEWORKS = (
    Framework("taro", entry="src/app.jsx"),
    Framework("taro3", entry="src/app.jsx"),
    Framework("uniapp", output="dist/build/mp-weixin"),
    Framework("uniapp2", output="dist/build/mp-weixin", handlers=True),
    Framework("mpx", pages=("pages/home", "pages/cart"), entry="src/app.mpx", handlers=True),
)
each = pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.name)
# id, handler: what is touched on the way; `quiet` asks to be left alone, the card around `add` hears the same tap
TOUCHED = [
    ("$click", "more", "more"),
    ("$click", "later", "more"),
    ("$submit", "search", "search"),
    ("$click", "add", "add"),
    ("$submit", "order", "order"),
    ("$click", "back", "back"),
]


@each
def test_the_sdk_comes_first_and_the_example_is_whole(framework: Framework) -> None:
    """Cheap, so in every run: pages are watched from their registration on, and the lock says what is compiled with."""
    source = (framework.folder / framework.entry).read_text()
    imports = [line.strip() for line in source.splitlines() if line.strip().startswith("import ")]
    assert imports[0].startswith("import './tracking'")
    tracking = (framework.folder / "src" / "tracking.js").read_text()
    assert "frameworks(" in tracking
    lock = json.loads((framework.folder / "package-lock.json").read_text())
    assert lock["packages"]["node_modules/@firsthand/miniprogram"]["resolved"] == "file:../../sdk-miniprogram"
    locked = [entry for path, entry in lock["packages"].items() if path and "@firsthand/" not in path]
    assert all("integrity" in entry for entry in locked if not entry.get("inBundle"))


@pytest.mark.slow
@each
def test_a_walk_through_what_it_compiled(framework: Framework) -> None:
    said = _walked(framework)
    home, cart = (f"/{page}" for page in framework.pages)
    assert said["before"] == {"stored": 0, "requests": 0}
    assert said["problems"] == []
    assert said["report"]["pending"] == said["report"]["dropped"] == 0
    assert said["opened"] == framework.pages[1]  # the card heard the tap as well
    assert said["card"] == {"title": "春茶", "path": f"{home}?sku=T-101"}
    sent: list[dict[str, Any]] = said["sent"]
    assert [message.get("event") or f"${message['type']}" for message in sent] == [
        "$session_start", "$app_launch", "$app_show", "$page", "$click", "$click", "$submit", "$click", "$page_leave",
        "$page", "$submit", "$click", "$page_leave", "$page", "$share", "$page_leave", "$app_hide",
    ]  # fmt: skip
    pages = [message["context"]["page"] for message in sent if message["type"] == "page"]
    assert [(page["path"], page.get("title")) for page in pages] == [(home, "首页"), (cart, "购物车"), (home, "首页")]
    touched = [message for message in sent if message.get("event") in ("$click", "$submit")]
    names = [(m["event"], m["properties"].get("name"), m["properties"].get("handler")) for m in touched]
    assert names == [(event, name, handler if framework.handlers else None) for event, name, handler in TOUCHED]
    assert [m["properties"]["id"] for m in touched] == [name for _, name, _ in TOUCHED]
    assert touched[3]["properties"]["sku"] == "T-101"
    assert [message["context"]["seq"] for message in sent] == list(range(len(sent)))
    assert "13800138000" not in json.dumps(sent)


def _walked(framework: Framework) -> dict[str, Any]:
    """Compiles it with the SDK of this checkout, and walks."""
    installed = framework.folder / "node_modules" / "@firsthand" / "miniprogram"
    assert installed.is_dir(), "make test-slow installs the compilers"
    shutil.rmtree(installed / "dist")
    shutil.copytree(SDK / "dist", installed / "dist")
    output = framework.folder / framework.output
    shutil.rmtree(output, ignore_errors=True)
    env = {**os.environ, "NODE_OPTIONS": f"--require {OFFLINE}"}
    built = subprocess.run(
        ["npm", "run", "build"], cwd=framework.folder, env=env, capture_output=True, text=True, timeout=600, check=False
    )
    assert built.returncode == 0, built.stdout[-4000:] + built.stderr[-4000:]
    assert faults(output) == []
    done = subprocess.run(["node", PROGRAM, output], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    walked: dict[str, Any] = json.loads(done.stdout)
    return walked
