"""Sinks take parsed segments to a store and decide nothing.

A sink is a class made from a StoreConfig with `write(schema, parts) -> Written` and `positions(schema)`. Writing
the same parts twice, by anyone, must equal writing them once (tests/warehouse/sinks checks every entry).
"""

from warehouse.sinks.iceberg import IcebergSink

SINKS = {"iceberg": IcebergSink}
