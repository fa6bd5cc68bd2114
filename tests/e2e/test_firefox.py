"""A visit in Firefox (Debian's ESR, over WebDriver BiDi): the same promises in another engine, rows from Iceberg.

Smoke only, by `make test-slow`, which installs the browser and `puppeteer-core`: Playwright drives no stock Firefox.
"""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lab import SOURCE, Lab, laboratory
from tests.e2e.stack import Row

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HERE = Path(__file__).parent / "firefox"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with laboratory("opt_in") as made:
        yield made


def visit(lab: Lab, url: str) -> dict[str, Any]:
    """What a visit of `url` saw, as `visit.mjs` prints it."""
    executable = shutil.which("firefox-esr") or shutil.which("firefox")
    assert executable, "install Debian's firefox-esr (make test-slow does)"
    told = json.dumps({"executable": executable, "url": url, "next": "/next?x=SECRET"})
    done = subprocess.run(["node", "visit.mjs", told], cwd=HERE, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr[-2_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _numbers(rows: list[Row]) -> list[int]:
    """In order; a draft that outlived its tab has none."""
    return sorted(row["seq"] for row in rows if row["seq"] is not None)


def test_a_visit_in_firefox(lab: Lab) -> None:
    tag = lab.tag(consent_mode="opt_in", extras="compress")
    seen = visit(lab, lab.page("/firefox", "<button id=b data-track=buy>Buy</button>", tag))
    assert seen["before"] == {"events": 0, "stored": 0, "held": 2}  # the page and the click, in memory alone
    # Firefox says on its console which domains a cookie was too wide for; trying them is how the widest is found
    assert [said for said in seen["said"] if "invalid domain" not in said] == []
    assert seen["stats"]["pending"] == 0
    assert not [name for name in seen["left"] if name and not name.endswith(".consent") and ".consent=" not in name]
    sql = f"select * from events_raw where source_id = '{SOURCE}' and anonymous_id = '{seen['me']}'"
    # how many pages said that they were left depends on how the browser closes them; a number says what is missing
    rows = lab.stack.wait_rows(sql, lambda rows: len(rows) > 32 and _numbers(rows) == list(range(len(_numbers(rows)))))
    events = Counter(row["event"] for row in rows)
    assert (events["Packed"], events["Burst"], events["Last"]) == (15, 10, 1)
    assert events["$click"] == 2  # and not the one after the withdrawal
    assert events["$page"] == 4
    assert len({row["event_id"] for row in rows}) == len(rows)
    assert {row["browser"] for row in rows} == {"Firefox"}
    assert "SECRET" not in json.dumps(rows)
    print(f"{seen['version']}: {len(rows)} rows, {dict(events)}")
