"""The example shop on WeChat's component runtime, against a real collector: what a person does there is rows here."""

import http.client
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.stack import Installation, Row, of_source
from tests.integration.devtools import NPM, build_npm, faults
from tests.integration.stack import wait_for
from tests.tree.files import ROOT
from tests.wechat import APPID, SECRET

SOURCE = "mini"
SDK = ROOT / "sdk-miniprogram"
PROGRAM = SDK / "build" / "run_shop.mjs"
SHOP = ROOT / "examples" / "miniprogram"
PHONE = "13800138000"


@dataclass
class Walked:
    """What the mini-program says, and the rows that came of it."""

    said: dict[str, Any]
    rows: list[Row]
    redeemed: list[dict[str, Any]]

    def named(self, event: str) -> list[Row]:
        return [row for row in self.rows if row["event"] == event]


@pytest.fixture(scope="module")
def walked(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """The walk, once for all tests."""
    secret = tmp_path_factory.mktemp("secret") / "appsecret"
    secret.write_text(SECRET)
    key = installation.source(SOURCE, "--kind", "miniprogram", "--query-param", "sku")
    installation.run("source", "wechat", SOURCE, "--appid", APPID, "--secret-file", str(secret))
    _wait_for_source(installation, key)
    done = subprocess.run(
        ["node", PROGRAM, installation.base, key, SHOP], capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    redeemed = redeem_twice(said, key, installation)  # at once: a token is good for a minute
    return Walked(said, installation.wait_rows(of_source("events", SOURCE), len(said["sent"])), redeemed)


def _wait_for_source(installation: Installation, key: str) -> None:
    wait_for(lambda: installation.get(f"/v1/sources/{key}/settings")[0] == 200, "the new source")


def test_everything_that_was_sent_is_a_row_and_nothing_else(walked: Walked) -> None:
    assert walked.said["before"] == {"requests": 0, "stored": 0, "asked": True}
    assert walked.said["report"]["pending"] == walked.said["stats"]["dropped"] == 0
    assert sorted(row["event_id"] for row in walked.rows) == sorted(walked.said["sent"])
    assert [row["seq"] for row in sorted(walked.rows, key=lambda row: row["seq"])] == list(range(len(walked.rows)))
    assert {row["platform"] for row in walked.rows} == {"miniprogram"}
    assert {row["lib_name"] for row in walked.rows} == {"@firsthand/miniprogram"}
    assert {tuple(row["consent_purposes"]) for row in walked.rows} == {("analytics",)}


def test_a_journey_reads_in_order(walked: Walked) -> None:
    pages = [row for row in sorted(walked.rows, key=lambda row: row["seq"]) if row["event"] == "$page"]
    assert [row["page_path"] for row in pages] == [
        "/pages/home/home", "/pages/product/product", "/pages/web/web", "/pages/product/product", "/pages/cart/cart",
        "/packages/order/pages/done/done", "/pages/home/home", "/pages/home/home",
    ]  # fmt: skip
    assert [row["page_title"] for row in pages[:2]] == ["首页", "商品"]
    assert len(walked.named("$page_leave")) == len(pages)
    assert len(walked.named("$app_launch")) == 1
    assert {str(row["scene"]) for row in walked.rows} == {"1047"}


def test_taps_say_what_was_touched(walked: Walked) -> None:
    clicks = [json.loads(row["properties"]) for row in walked.named("$click")]
    assert sorted(click["handler"] for click in clicks) == ["addToCart", "buy", "home", "open", "story"]
    assert len(walked.named("$submit")) == len(walked.named("$share")) == len(walked.named("$favorite")) == 1
    assert [json.loads(row["properties"]) for row in walked.named("$exposure")] == [
        {"name": "product", "id": "card-T-101", "sku": "T-101"}
    ]


def test_a_login_names_the_person_by_pseudonyms_alone(walked: Walked, installation: Installation) -> None:
    who = walked.said["who"]
    assert all(re.fullmatch(r"p1\.\w+\.[\w-]{43}", value) for value in who.values())
    (identify,) = walked.named("$identify")
    assert identify["user_id"] == who["openid"]
    assert json.loads(identify["traits"]) == {"wechatUnionid": who["unionid"]}
    kept = json.dumps(walked.rows, default=str) + installation.said()
    for word in ("oshopper", "ushopper", "SESSIONKEY", SECRET, PHONE):
        assert word not in kept


def redeem_twice(said: dict[str, Any], key: str, installation: Installation) -> list[dict[str, Any]]:
    [token] = parse_qs(urlsplit(said["page"]).query)["fh_handoff"]
    body = {"writeKey": key, "token": token, "consent": {"categoryPreferences": {"analytics": True}}}
    return [_post(installation, "/v1/wechat/redeem", body) for _ in range(2)]


def test_the_web_page_is_handed_the_id_once(walked: Walked) -> None:
    assert walked.said["anonymousId"] not in walked.said["page"]
    first, second = walked.redeemed
    assert first == {"anonymousId": walked.said["anonymousId"]}
    assert second["code"] == "gone"


def _post(installation: Installation, path: str, body: dict[str, Any]) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=60)
    connection.request("POST", path, json.dumps(body))
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def test_it_talks_to_the_collector_alone_one_request_at_a_time(walked: Walked, installation: Installation) -> None:
    assert walked.said["peers"] == [f"127.0.0.1:{installation.port}"]


def test_the_shop_is_what_devtools_opens() -> None:
    """By the documented rules: DevTools itself cannot be run here."""
    assert faults(SHOP) == []
    project = json.loads((SHOP / "project.config.json").read_text())
    assert project["compileType"] == "miniprogram"
    assert project["appid"]
    assert tuple(map(int, project["libVersion"].split("."))) >= (3, 5, 5)
    # who plays with it has no domain on a list, and the guide is asked for as in production
    assert project["setting"]["urlCheck"] is False
    assert json.loads((SHOP / "app.json").read_text())["__usePrivacyCheck__"] is True


def test_the_package_is_what_devtools_builds(tmp_path: Path) -> None:
    """构建 npm by its documented rule, of what would be published, and the same shop over it."""
    root = shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns("firsthand"))
    package = root / "node_modules" / "@firsthand" / "miniprogram"
    package.mkdir(parents=True)
    for name in ["package.json", *json.loads((SDK / "package.json").read_text())["files"]]:
        (shutil.copytree if (SDK / name).is_dir() else shutil.copy)(SDK / name, package / name)
    told = json.loads((root / "package.json").read_text())
    (root / "package.json").write_text(json.dumps({**told, "dependencies": {"@firsthand/miniprogram": "0.1.0"}}))
    for path in [root / "app.json", *root.rglob("*.js")]:
        if package not in path.parents:
            text = re.sub(r"'[./]+firsthand/firsthand\.js'", "'@firsthand/miniprogram'", path.read_text())
            text = re.sub(r"'[./]+firsthand/plugins\.js'", "'@firsthand/miniprogram/plugins'", text)
            path.write_text(text.replace("/firsthand/components", "@firsthand/miniprogram/components"))
    assert "requires @firsthand/miniprogram" in " ".join(faults(root))
    build_npm(root)
    assert faults(root) == []
    asked = f"Object.keys(require('{root / NPM / '@firsthand' / 'miniprogram'}'))"
    done = subprocess.run(["node", "-p", asked], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split("'")[1::2] == ["init", "firsthand", "VERSION"]


def _without(*names: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        for name in names:
            (root / name).unlink()

    return spoil


def _written(name: str, text: str) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        (root / name).write_text(text)

    return spoil


def _in_app(key: str, value: object) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        app = json.loads((root / "app.json").read_text())
        (root / "app.json").write_text(json.dumps({**app, key: value}))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_without("pages/cart/cart.wxml"), "pages/cart/cart.wxml is missing"),
        (_without("components/product-card/product-card.js"), "home.json: product-card has no .js"),
        (
            _written("components/product-card/product-card.json", "{}"),
            "product-card does not say that it is a component",
        ),
        (_without("behaviors/cart.js"), "requires ../../behaviors/cart"),
        (_written("packages/order/big.js", "/".ljust(2**21 + 1, "/")), "package packages/order: "),
        (_written("sitemap.json", "{}"), "sitemap.json has no rules"),
        (_in_app("tabBar", {"list": [{"pagePath": "pages/home/home"}]}), "a tab bar has 2 to 5 tabs"),
        (_in_app("pages", ["pages/home/home", "packages/order/x"]), "packages/order/x of the main package lies in"),
    ],
)
def test_what_devtools_refuses_is_found(spoil: Callable[[Path], None], fault: str, tmp_path: Path) -> None:
    root = shutil.copytree(SHOP, tmp_path / "shop")
    spoil(root)
    assert [said for said in faults(root) if fault in said], faults(root)
