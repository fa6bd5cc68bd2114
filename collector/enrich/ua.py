"""Browser, system, device and surrounding app, out of the user agent.

`user_agents` gives the objects and the judgement (tablet, mobile, PC), but parses in pure Python: 0.7 ms a string,
and 1.7 s for one of 64 KB. So its class is filled from `ua_parser`'s Rust resolver instead, with the same regexes,
some thirty times faster. The tables of `inapp.py` then correct what those regexes do not know.

Choices
* Inside an app the browser is the app: a page in WeChat has browser `WeChat` with WeChat's version, on every phone,
  and `in_app` tells a mini-program from the app itself.
* What the regexes made up when they knew nothing (`Other`, brand `Generic`, model `K` of reduced Chrome) is left out.
* A crawler has device type `bot` and no brand. Whether it counts is `bot.py`'s matter.
* What the device says of itself (a mini-program, an app, a browser that was asked for its client hints) wins over the
  user agent, which browsers froze: Windows 11 calls itself 10 there, and Chrome's phones have no model.
* A tablet is an Android without `Mobile` in its user agent. Dalvik's own, which Android apps send, never says it;
  that does not make each phone a tablet.

Building the regexes takes a tenth of a second; it happens once, in `build`.
"""

import re
from typing import Any

from collector.enrich.inapp import APPS, BROWSERS, HARMONY_DEVICES, SYSTEMS
from collector.enrich.model import Columns, Device, Enrichment, Facts, encodable, present

COLUMNS = (
    "browser", "browser_version", "os", "os_version", "device_type", "device_brand", "device_model", "in_app",
)  # fmt: skip
MAX_CHARS = 1024
_MAX_TOLD = 64
_VERSION = re.compile(r"\d[\w.-]*")
_NO_BRAND = frozenset({"Generic", "Generic_Android", "Generic_Android_Tablet", "Generic_Inettv", "Spider"})
_NO_MODEL = frozenset({"K", "Smartphone", "Feature Phone", "Tablet", "Desktop", "Browser", "Other"})


def key(facts: Facts) -> str | tuple[str, Device] | None:
    """The user agent, cut to the length that is parsed, and what the device says beside it, if anything."""
    user_agent = (facts.user_agent or "")[:MAX_CHARS]
    return (user_agent, facts.device) if facts.device else user_agent or None


def build(_: object = None) -> Enrichment:
    """The enrichment with its regexes compiled."""
    parser = Parser()

    def look_up(found: str | tuple[str, Device]) -> Columns:
        if isinstance(found, str):
            return parser.columns(found)
        user_agent, device = found
        return _told(parser.columns(user_agent) if user_agent else {}, device)

    return Enrichment("ua", COLUMNS, key, look_up)


def _told(columns: Columns, device: Device) -> Columns:
    """The columns, with what the device says where it says something: `iOS 17.5` is version 17.5."""
    name, version, brand, model = (encodable(text[:_MAX_TOLD].strip()) if text else "" for text in device)
    number = _VERSION.search(version)
    told = present(os_version=number and number[0], device_brand=brand, device_model=model)
    if name and "os" not in columns:
        told["os"] = name
    return columns | told


class Parser:
    """The compiled regexes. `parse` gives the object of `user_agents`, `columns` what the tables hold."""

    def __init__(self) -> None:
        # Imported here: together 60 ms, which only a process that enriches should pay
        import ua_parser_rs
        from ua_parser import Domain
        from ua_parser.loaders import load_lazy_builtins
        from ua_parser.regex import Resolver

        self._resolve = Resolver(load_lazy_builtins())
        self._all = Domain.ALL
        self._user_agent = _user_agent_class()
        self._apps = ua_parser_rs.DeviceExtractor(APPS)
        self._browsers = ua_parser_rs.DeviceExtractor(BROWSERS)
        self._systems = ua_parser_rs.OSExtractor(SYSTEMS)
        self._harmony = ua_parser_rs.DeviceExtractor(HARMONY_DEVICES)

    def parse(self, text: str) -> Any:
        """`user_agents.parsers.UserAgent`, found by the Rust resolver. `text` must be encodable."""
        return self._user_agent(text, self._resolve(text, self._all))

    def columns(self, text: str) -> Columns:
        """The columns of one user agent; pure and total."""
        text = encodable(text[:MAX_CHARS])
        found = self.parse(text)
        columns = present(
            browser=_known(found.browser.family),
            browser_version=found.browser.version_string,
            os=_known(found.os.family),
            os_version=found.os.version_string,
            device_type=_device_type(found),
            device_brand=None if found.device.brand in _NO_BRAND else found.device.brand,
            device_model=None if found.device.model in _NO_MODEL else found.device.model,
        )
        if "Harmony" in text:
            self._correct_harmony(text, columns)
        app = self._apps.extract(text)
        if app is not None:
            columns["in_app"] = app.family
            _replace(columns, browser=app.brand, browser_version=app.model)
        return columns

    def _correct_harmony(self, text: str, columns: Columns) -> None:
        system = self._systems.extract(text)
        if system is None:
            return
        version = ".".join(part for part in (system.major, system.minor) if part)
        _replace(columns, os=system.family, os_version=version)
        browser = self._browsers.extract(text)
        if browser is not None:
            _replace(columns, browser=browser.brand, browser_version=browser.model)
        device = self._harmony.extract(text)
        if device is not None:
            columns["device_type"] = device.family
            if device.model:
                _replace(columns, device_brand=device.brand, device_model=device.model)


def _replace(columns: Columns, **values: str | None) -> None:
    for name, value in values.items():
        if value:
            columns[name] = value
        else:
            columns.pop(name, None)


def _known(family: str) -> str | None:
    return None if family == "Other" else family


def _device_type(found: Any) -> str | None:
    if found.is_bot:
        return "bot"
    if found.is_tablet:
        return "tablet"
    if found.is_mobile:
        return "mobile"
    return "desktop" if found.is_pc else None


def _user_agent_class() -> type:
    from user_agents import parsers

    class ResolvedUserAgent(parsers.UserAgent):  # type: ignore[misc]  # untyped library
        """`user_agents`' object over a result that is already there."""

        def __init__(self, text: str, result: Any) -> None:
            browser, system, device = result.user_agent, result.os, result.device
            self.ua_string = text
            self.browser = (
                parsers.parse_browser(browser.family, browser.major, browser.minor, browser.patch)
                if browser
                else parsers.Browser("Other", (), "")
            )
            self.os = (
                parsers.parse_operating_system(system.family, system.major, system.minor, system.patch)
                if system
                else parsers.OperatingSystem("Other", (), "")
            )
            self.device = (
                parsers.Device(device.family, device.brand, device.model)
                if device
                else parsers.Device("Other", None, None)
            )

        def _is_android_tablet(self) -> bool:
            text = self.ua_string
            return "Mobile" not in text and not text.startswith("Dalvik/") and super()._is_android_tablet()

    return ResolvedUserAgent
