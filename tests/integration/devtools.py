"""What WeChat DevTools refuses, by its documented rules: DevTools itself cannot be run here.

reference/configuration/app            pages, subPackages, tabBar (2 to 5, pages of the main package), sitemapLocation
framework/structure                    a page is .js .json .wxml (and .wxss); what other files are packed
framework/custom-component             `usingComponents` names a component: "component": true, .js, .wxml
framework/subpackages/basic            2 MB a package, 30 MB in all; a package's root is not inside another's
framework/app-service/module           `require` takes relative paths, of files in the package
devtools/npm                           构建 npm: the folder that a package's `miniprogram` names (or `miniprogram_dist`)
                                       is copied to `miniprogram_npm/<package>`; a bare name means its `index`;
                                       `node_modules` is never packed
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

PACKAGE_BYTES, ALL_BYTES = 2 * 1024 * 1024, 30 * 1024 * 1024
# Packed by DevTools; anything else is left out, so nothing may need it
PACKED = {".js", ".json", ".wxml", ".wxss", ".wxs", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".cer", ".txt", ".ttf"}
REQUIRE = re.compile(r"""\brequire\(\s*(['"])(\.{1,2}/[^'"]+|@?[\w-]+(?:/[\w.-]+)*)\1\s*\)""")
NPM, MODULES = "miniprogram_npm", "node_modules"


def build_npm(root: Path) -> None:
    """What 构建 npm does with what `package.json` depends on. Raises FileNotFoundError where that folder is missing."""
    for name in _json(root / "package.json").get("dependencies", {}):
        package = root / MODULES / name
        built = package / _json(package / "package.json").get("miniprogram", "miniprogram_dist")
        shutil.copytree(built, root / NPM / name)


def faults(root: Path) -> list[str]:
    """Everything that is wrong with the mini-program at `root`; empty if DevTools would open it."""
    app = _json(root / "app.json")
    packages = app.get("subPackages") or app.get("subpackages") or []
    roots = [package["root"].strip("/") for package in packages]
    main = list(app["pages"])
    pages = main + [f"{package['root'].strip('/')}/{page}" for package in packages for page in package["pages"]]
    found = [f"{page} is there twice" for page in set(pages) if pages.count(page) > 1]
    found += [f"{a} lies in {b}" for a in roots for b in roots if a != b and a.startswith(f"{b}/")]
    found += [f"{page} of the main package lies in {r}" for page in main for r in roots if page.startswith(f"{r}/")]
    for page in pages:
        found += [f"{page}{ending} is missing" for ending in (".js", ".json", ".wxml") if not _has(root, page, ending)]
    found += _tabs(app, main) + _sitemap(root, app) + _sizes(root, roots)
    holders = [root / "app.json", *(root / f"{page}.json" for page in pages if _has(root, page, ".json"))]
    for holder in holders:
        found += _components(root, holder, set())
    return found + _requires(root)


def _tabs(app: dict[str, Any], main: list[str]) -> list[str]:
    tabs = [tab["pagePath"] for tab in app.get("tabBar", {}).get("list", [])]
    found = [f"the tab {tab} is no page of the main package" for tab in tabs if tab not in main]
    return found + (["a tab bar has 2 to 5 tabs"] if tabs and not 2 <= len(tabs) <= 5 else [])


def _sitemap(root: Path, app: dict[str, Any]) -> list[str]:
    name = app.get("sitemapLocation")
    return [f"{name} has no rules"] if name and not _json(root / name).get("rules") else []


def _sizes(root: Path, roots: list[str]) -> list[str]:
    sizes = dict.fromkeys(["", *roots], 0)
    for path in root.rglob("*"):
        if path.is_file() and path.suffix in PACKED and MODULES not in path.parts:
            inside = path.relative_to(root).as_posix()
            sizes[next((r for r in roots if inside.startswith(f"{r}/")), "")] += path.stat().st_size
    found = [f"package {name or 'main'}: {size} bytes" for name, size in sizes.items() if size > PACKAGE_BYTES]
    return found + (["over 30 MB in all"] if sum(sizes.values()) > ALL_BYTES else [])


def _components(root: Path, holder: Path, seen: set[Path]) -> list[str]:
    found: list[str] = []
    for tag, path in _json(holder).get("usingComponents", {}).items():
        base = root / path.lstrip("/") if path.startswith("/") else (holder.parent / path).resolve()
        if not base.with_name(base.name + ".json").is_file() and not path.startswith((".", "/")):
            base = root / NPM / path
        if base in seen:
            continue
        seen.add(base)
        missing = [ending for ending in (".js", ".json", ".wxml") if not base.with_name(base.name + ending).is_file()]
        found += [f"{holder.name}: {tag} has no {ending}" for ending in missing]
        if not missing:
            settings = base.with_name(base.name + ".json")
            found += [] if _json(settings).get("component") is True else [f"{tag} does not say that it is a component"]
            found += _components(root, settings, seen)
    return found


def _requires(root: Path) -> list[str]:
    found = []
    for path in (path for path in root.rglob("*.js") if MODULES not in path.parts):
        for _, asked in REQUIRE.findall(path.read_text()):
            target = ((path.parent if asked.startswith(".") else root / NPM) / asked).resolve()
            candidates = [target, target.with_name(target.name + ".js"), target / "index.js"]
            if not any(candidate.is_file() and root.resolve() in candidate.parents for candidate in candidates):
                found.append(f"{path.relative_to(root)} requires {asked}")
    return found


def _has(root: Path, page: str, ending: str) -> bool:
    return (root / f"{page}{ending}").is_file()


def _json(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text())
    return read
