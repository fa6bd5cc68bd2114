"""Fixtures of the browser tests."""

from tests.consent.console.provider import provider
from tests.e2e.browser import browsers, chromium
from tests.e2e.lab import lab
from tests.e2e.shop import shop

__all__ = ["browsers", "chromium", "lab", "provider", "shop"]
