"""Fixtures for all tests: the stores."""

from tests.stores import local, postgres, seaweed, store

__all__ = ["local", "postgres", "seaweed", "store"]
