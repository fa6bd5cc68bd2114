"""Sinks take parsed segments to a store and decide nothing.

A sink is a class made from a StoreConfig; `part.py` says what it must be able to do. Writing the same parts twice, by
anyone, must equal writing them once (tests/warehouse/sinks checks every entry). The setting `sink` names the one that
the loader writes to.
"""

from collections.abc import Callable
from typing import Final

from warehouse.catalog import StoreConfig, StoreError
from warehouse.sinks.iceberg import IcebergSink
from warehouse.sinks.part import Sink

SINKS: Final[dict[str, Callable[[StoreConfig], Sink]]] = {"iceberg": IcebergSink}


def open_sink(name: str, config: StoreConfig) -> Sink:
    """The sink of that name, not yet connected. Raises StoreError."""
    if name not in SINKS:
        raise StoreError(f"sink is {name!r}; there is {', '.join(sorted(SINKS))}")
    return SINKS[name](config)
