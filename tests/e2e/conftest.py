"""Fixtures of the browser tests."""

from tests.e2e.browser import chromium

__all__ = ["chromium"]
