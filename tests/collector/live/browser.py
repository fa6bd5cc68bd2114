"""Debian's Chromium for async tests, and what every page of ours must keep: no error, no refused script."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
# The user agent also as a switch: requests that outlive their page do not carry the one of the context
SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*SWITCHES, f"--user-agent={USER_AGENT}"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def visitor(browser: Browser, locale: str, **options: Any) -> AsyncIterator[Page]:
    """A page of a new person, whose errors are collected in `errors_of(page)`."""
    context = await browser.new_context(locale=locale, user_agent=USER_AGENT, **options)
    try:
        yield await _listened_to(context)
    finally:
        await context.close()


async def _listened_to(context: BrowserContext) -> Page:
    page = await context.new_page()
    errors: list[str] = []
    page.errors = errors  # type: ignore[attr-defined]

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    page.on("console", console)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page


def errors_of(page: Page) -> list[str]:
    found: list[str] = page.errors  # type: ignore[attr-defined]
    return found


async def until(page: Page, expression: str, test: Callable[[Any], bool]) -> Any:
    """The value of a JavaScript expression once it passes. Fails with the last value after a minute."""
    deadline = time.monotonic() + 60
    while True:
        value = await page.evaluate(expression)
        if test(value):
            return value
        assert time.monotonic() < deadline, f"{expression} stays {value!r}"
        await page.wait_for_timeout(50)
