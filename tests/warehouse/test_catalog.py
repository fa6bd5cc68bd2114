"""Which catalog an address means, and clear errors for what means none."""

import socket
import threading
import time
from pathlib import Path

import pytest

from warehouse import catalog as module
from warehouse.catalog import StoreConfig, StoreError, open_catalog, s3_properties


def test_the_default_lies_in_the_data_directory(tmp_path: Path) -> None:
    config = StoreConfig(str(tmp_path / "data"))
    assert config.warehouse_uri == f"file://{tmp_path}/data/warehouse"
    open_catalog(config)
    assert (tmp_path / "data" / "catalog.db").exists()


def test_a_sqlite_address_is_used(tmp_path: Path) -> None:
    open_catalog(
        StoreConfig(str(tmp_path), catalog_uri=f"sqlite:///{tmp_path}/other.db", warehouse=str(tmp_path / "w"))
    )
    assert (tmp_path / "other.db").exists()


@pytest.mark.parametrize("uri", ["mysql://host/db", "postgresql://host/db", "C:/x", "glue"])
def test_an_unknown_address_is_refused(uri: str) -> None:
    with pytest.raises(StoreError, match="catalog_uri begins with"):
        open_catalog(StoreConfig("/nowhere", catalog_uri=uri))


def test_rest_needs_a_warehouse() -> None:
    with pytest.raises(StoreError, match="warehouse must be set"):
        open_catalog(StoreConfig("/nowhere", catalog_uri="http://127.0.0.1:1"))


def test_empty_s3_settings_are_left_to_the_sdk() -> None:
    found = s3_properties(StoreConfig("/d"))
    assert not {"s3.endpoint", "s3.access-key-id", "s3.secret-access-key"} & set(found)
    assert found["s3.connect-timeout"]


def test_a_catalog_that_hangs_counts_as_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It takes the connection and never answers."""
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        config = StoreConfig(str(tmp_path), catalog_uri=f"http://127.0.0.1:{server.getsockname()[1]}", warehouse="w")
        begun, failed = time.monotonic(), threading.Event()

        def attempt() -> None:
            try:
                open_catalog(config)
            except OSError:
                failed.set()

        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(15)
        assert failed.is_set()
        assert time.monotonic() - begun < 10
