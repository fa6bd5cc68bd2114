"""A bucket that keeps versions keeps what was deleted, unless each version is deleted: SeaweedFS with versioning on."""

from pathlib import Path
from typing import Any

import pytest

from tests.stores import ACCESS_KEY, SECRET_KEY, Seaweed, Store
from tests.warehouse.erase.test_erase import ADA, DEVICE, HASH, how, job, loaded, rows_of
from warehouse.bucket import client
from warehouse.catalog import StoreConfig, open_catalog
from warehouse.erase import erase
from warehouse.erase import job as jobs
from warehouse.erase.scan import holds
from warehouse.erase.target import target_of

pytestmark = pytest.mark.stores


@pytest.fixture
def versioned(tmp_path: Path, seaweed: Seaweed) -> Store:
    """An SQLite catalog over a bucket of its own, in which nothing is ever overwritten or lost."""
    config = StoreConfig(
        str(tmp_path / "data"), warehouse="s3://versioned/lake", s3_endpoint=seaweed.s3, s3_access_key_id=ACCESS_KEY,
        s3_secret_access_key=SECRET_KEY,
    )  # fmt: skip
    s3 = client(config)
    s3.create_bucket(Bucket="versioned")
    s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    return Store("versioned", config)


def versions(store: Store) -> list[dict[str, Any]]:
    """Every version of every object, with its content."""
    s3 = client(store.config)
    found = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket="versioned"):
        for version in page.get("Versions", []):
            content = s3.get_object(Bucket="versioned", Key=version["Key"], VersionId=version["VersionId"])[
                "Body"
            ].read()
            found.append({"key": version["Key"], "latest": version["IsLatest"], "content": content})
        found += [{"key": mark["Key"], "latest": False, "content": b""} for mark in page.get("DeleteMarkers", [])]
    return found


def holding(store: Store) -> list[str]:
    sought = target_of([ADA, DEVICE], [HASH])
    return [found["key"] for found in versions(store) if holds(found["key"], found["content"], sought)]


def test_no_version_of_any_object_holds_her(versioned: Store) -> None:
    loader = loaded(versioned)
    table = open_catalog(versioned.config).load_table(("firsthand", "events"))
    # Somebody else deleted a file before: its bytes are still there, below a mark
    lost = next(task.file.file_path for task in table.scan().plan_files())
    copy = f"{table.location().removeprefix('s3://versioned/')}/data/copy.parquet"
    s3 = client(versioned.config)
    s3.copy_object(Bucket="versioned", Key=copy, CopySource=lost.removeprefix("s3://"))
    s3.delete_object(Bucket="versioned", Key=copy)
    before = [row for row in rows_of(versioned) if row["event_id"][0] == "o"]
    assert copy in holding(versioned)
    done = erase(how(versioned), job())
    report = jobs.report(done)["tables"]["events"]
    assert report["objectsRemoved"] > len(report["removed"])
    assert any(path.startswith(f"versioned/{copy}?versionId=") for path in report["removed"]), (
        "the certificate names it"
    )
    assert holding(versioned) == []
    assert [found["key"] for found in versions(versioned) if not found["latest"]] == []
    assert [row for row in rows_of(versioned) if row["event_id"][0] == "o"] == before
    loader.close()
