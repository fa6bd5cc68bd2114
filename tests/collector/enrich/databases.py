"""Small MaxMind DB files, made when a test needs them."""

from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet


def write(path: Path, records: dict[str, Any], kind: str = "Test-City", ip_version: int = 6) -> Path:
    """A file at `path` with these networks and records."""
    writer = MMDBWriter(ip_version, kind, languages=["en"], description="test", ipv4_compatible=ip_version == 6)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path
