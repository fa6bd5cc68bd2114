"""The boto3 client for what pyiceberg does not do: bucket checks, listing, deleting."""

from typing import Any

from warehouse.catalog import CONNECT_SECONDS, REQUEST_SECONDS, StoreConfig


def client(store: StoreConfig, attempts: int = 3) -> Any:
    """An S3 client for the store. Empty settings are left to boto3's own search (environment, profile, role)."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=store.s3_endpoint or None,
        region_name=store.s3_region or None,
        aws_access_key_id=store.s3_access_key_id or None,
        aws_secret_access_key=store.s3_secret_access_key or None,
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=REQUEST_SECONDS,
            retries={"max_attempts": attempts, "mode": "standard"},
            s3={"addressing_style": "path" if store.s3_path_style and store.s3_endpoint else "auto"},
        ),
    )
