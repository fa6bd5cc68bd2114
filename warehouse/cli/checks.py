"""The checks of `firsthand doctor`: each looks at one thing and says what to do about it.

A check is a function of the settings that yields findings and may raise: what it raises becomes a `fail` of its
own, so that one broken part never hides another. CHECKS is the list.
"""

import os
import shutil
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from collector.settings import SECRETS, Settings, SettingsError, misspelt, read_file
from collector.sources import read_configured, read_stored, resolve
from collector.spool import reader, report
from warehouse.catalog import StoreConfig
from warehouse.cli.common import store_config

OK, WARN, FAIL = "ok", "warn", "fail"
MAX_CLOCK_SKEW: Final = 5.0
ADDRESSES: Final = ("catalog_uri", "consent_store")
PACKAGE: Final = Path(__file__).resolve().parents[2]


class Finding(NamedTuple):
    """One line: what was looked at, how it is, and what to do if it is not well."""

    check: str
    state: str
    text: str
    todo: str = ""


def configuration(found: Settings, config: Path | None) -> Iterator[Finding]:
    """Sources can be used, no variable is misspelt, and the file is readable by others only if it holds no secret."""
    try:
        resolve([*read_configured(config), *read_stored(found)], found)
    except SettingsError as error:
        yield Finding("config", FAIL, str(error), "correct it: a collector starts only with sources that can be used")
        return
    for variable, meant in misspelt().items():
        yield Finding("config", WARN, f"{variable} is no setting and has no effect", f"is {meant} meant?")
    path = config or Path("firsthand.toml")
    if not path.exists():
        yield Finding("config", OK, "no firsthand.toml; defaults and environment are used")
        return
    file = read_file(path)
    # An address is no secret unless it carries a password; an id of a key is none
    secrets = sorted(
        n for n in SECRETS & set(file) if n != "s3_access_key_id" and ("@" in file[n] or n not in ADDRESSES)
    )
    if secrets and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding("config", WARN, f"{path} holds {', '.join(secrets)} and others may read it", f"chmod 600 {path}")
    else:
        yield Finding("config", OK, f"{path} is valid")


def data_directory(found: Settings, _: Path | None) -> Iterator[Finding]:
    """Writable, and with room above the floor where the spool stops taking events."""
    data = found.data_dir
    try:
        data.mkdir(parents=True, exist_ok=True)
        probe = data / f"doctor-{uuid4().hex}.tmp"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        yield Finding(
            "data",
            FAIL,
            f"{data} cannot be written: {error.strerror}",
            "make it writable or name another with --data",
        )
        return
    free, floor = shutil.disk_usage(data).free, found.spool_min_free_bytes
    shown = f"{data} is writable, {free / 1024**3:.1f} GiB free"
    if free < floor:
        yield Finding("data", FAIL, shown, f"free space: below {floor / 1024**2:.0f} MiB events are answered with 503")
    elif free < 4 * floor:
        yield Finding("data", WARN, shown, "free space soon, or move the data directory")
    else:
        yield Finding("data", OK, shown)


def spool(found: Settings, _: Path | None) -> Iterator[Finding]:
    """What waits, and whether a loader is at work."""
    waiting = reader.backlog(found.spool_dir, time.time())
    shown = f"{waiting.segments} segments wait ({waiting.bytes:,} bytes, oldest {waiting.oldest_seconds:.0f} s)"
    beat = report.read(found.data_dir)
    if beat is not None and beat.error:
        shown += f"; the loader says: {beat.error}"
    if waiting.bytes >= found.spool_max_bytes:
        yield Finding("spool", FAIL, shown, "the spool is full: start `firsthand load` or see why it fails")
    elif waiting.oldest_seconds > max(60.0, 6 * found.commit_interval):
        yield Finding("spool", WARN, shown, "run `firsthand up` or `firsthand load`, or see its log")
    else:
        yield Finding("spool", OK, shown)
    aside = list((found.data_dir / "quarantine").glob("*.sealed"))
    if aside:
        yield Finding("spool", WARN, f"{len(aside)} damaged segments in {found.data_dir / 'quarantine'}",
                      "check the disk; keep or delete them, their good events are loaded")  # fmt: skip


def catalog(found: Settings, _: Path | None) -> Iterator[Finding]:
    """The catalog answers, and its tables have our columns."""
    from pyiceberg.exceptions import NoSuchTableError

    from warehouse.catalog import open_catalog
    from warehouse.schema import TABLES
    from warehouse.tables import check

    store: StoreConfig = store_config(found)
    opened = open_catalog(store)
    for schema in TABLES:
        try:
            table = opened.load_table((store.namespace, schema.name))
        except NoSuchTableError:
            yield Finding("catalog", OK, f"{store.scheme} catalog answers; {schema.name} is made at the first load")
            continue
        check(table, schema)
        kept = len(table.metadata.snapshots)
        yield Finding("catalog", OK, f"{store.scheme} catalog answers; {schema.name} is right ({kept} snapshots)")


def bucket(found: Settings, _: Path | None) -> Iterator[Finding]:
    """The bucket takes, gives and deletes an object."""
    from botocore.exceptions import BotoCoreError, ClientError

    from warehouse.bucket import client

    store: StoreConfig = store_config(found)
    where = _place(store)
    if where is None:
        yield Finding("bucket", OK, "the catalog chooses the bucket when the tables are made, at the first load")
        return
    address = urlsplit(where)
    if not address.scheme.startswith("s3"):
        yield Finding("bucket", OK, "tables are kept in a local directory; no bucket is needed")
        return
    name = address.netloc
    key = "/".join(part for part in (address.path.strip("/"), f".firsthand-doctor-{uuid4().hex}") if part)
    s3 = client(store, attempts=1)
    step = "head"
    try:
        s3.head_bucket(Bucket=name)
        step = "put"
        s3.put_object(Bucket=name, Key=key, Body=b"probe")
        step = "get"
        s3.get_object(Bucket=name, Key=key)["Body"].read()
        step = "delete"
        s3.delete_object(Bucket=name, Key=key)
    except ClientError as error:
        if step == "put" and store.is_rest:
            yield Finding("bucket", OK, f"bucket {name} exists; its catalog guards what is written to it")
            return
        code = error.response.get("Error", {}).get("Code", "?")
        todo = {"404": f"create the bucket {name}", "NoSuchBucket": f"create the bucket {name}",
                "403": "check s3_access_key_id, s3_secret_access_key and the bucket's policy",
                "SignatureDoesNotMatch": "s3_secret_access_key is wrong",
                "InvalidAccessKeyId": "s3_access_key_id is unknown there"}  # fmt: skip
        fallback = f"allow {step} on s3://{name} to this key"
        yield Finding("bucket", FAIL, f"cannot {step} in bucket {name}: {code}", todo.get(code, fallback))
        return
    except BotoCoreError as error:
        yield Finding("bucket", FAIL, f"S3 does not answer: {type(error).__name__}",
                      "check s3_endpoint, the network, and that credentials are set")  # fmt: skip
        return
    yield Finding("bucket", OK, f"bucket {name}: put, get and delete work")


def _place(store: StoreConfig) -> str | None:
    """Where the tables lie. A REST catalog whose warehouse is a name chooses the place itself: its table says it."""
    from pyiceberg.exceptions import NoSuchTableError

    from warehouse.catalog import open_catalog
    from warehouse.schema import EVENTS

    if not store.is_rest or urlsplit(store.warehouse_uri).scheme:
        return store.warehouse_uri
    try:
        location: str = open_catalog(store).load_table((store.namespace, EVENTS.name)).location()
    except NoSuchTableError:
        return None
    return location


def geo(found: Settings, _: Path | None) -> Iterator[Finding]:
    """A geo database is there and opens."""
    import maxminddb

    if found.geoip_db:
        path = Path(found.geoip_db)
        if not path.exists():
            yield Finding(
                "geo",
                FAIL,
                f"geoip_db {path} does not exist",
                "correct geoip_db, or unset it to use the embedded one",
            )
            return
    else:
        shipped = sorted((PACKAGE / "collector" / "enrich" / "data").glob("*.mmdb"))
        if not shipped:
            yield Finding(
                "geo",
                WARN,
                "no embedded geo database; geo columns stay empty",
                "set geoip_db to a GeoLite2 file",
            )
            return
        path = shipped[0]
    try:
        with maxminddb.open_database(str(path)) as database:
            built = time.strftime("%Y-%m-%d", time.gmtime(database.metadata().build_epoch))
    except maxminddb.InvalidDatabaseError:
        yield Finding("geo", FAIL, f"{path} is no MaxMind database", "download it again")
        return
    yield Finding("geo", OK, f"{path.name}, built {built}")


def clock(found: Settings, _: Path | None) -> Iterator[Finding]:
    """Our clock against the store's, and against the newest file (a clock that went back)."""
    newest = max((p.stat().st_mtime for p in found.spool_dir.glob("*/*")), default=0.0)
    if newest > time.time() + MAX_CLOCK_SKEW:
        yield Finding("clock", FAIL, f"the spool holds files from {newest - time.time():.0f} s in the future",
                      "set the clock (the machine's time went back)")  # fmt: skip
    server = found.s3_endpoint or (found.catalog_uri if found.catalog_uri.startswith("http") else "")
    if not server:
        if newest <= time.time() + MAX_CLOCK_SKEW:
            yield Finding("clock", OK, "nothing to compare with; no file is from the future")
        return
    skew = _skew(server)
    if skew is None:
        yield Finding("clock", WARN, f"{urlsplit(server).netloc} sends no Date to compare with")
    elif abs(skew) > MAX_CLOCK_SKEW:
        yield Finding("clock", FAIL, f"our clock is {skew:+.0f} s off the store's",
                      "synchronise it (NTP): S3 refuses requests 15 minutes off, and event times go wrong")  # fmt: skip
    else:
        yield Finding("clock", OK, f"within {MAX_CLOCK_SKEW:.0f} s of the store's")


def _skew(server: str) -> float | None:
    """Seconds that we are ahead of the server's Date header. Raises OSError if it does not answer."""
    request = urllib.request.Request(server, method="HEAD")  # noqa: S310 - the address is the operator's setting
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            date = answer.headers.get("Date")
    except urllib.error.HTTPError as error:
        date = error.headers.get("Date")
    return time.time() - parsedate_to_datetime(date).timestamp() if date else None


def key_file(found: Settings, _: Path | None) -> Iterator[Finding]:
    """The HMAC keys are readable by their owner only."""
    path = found.data_dir / "keys" / "pii.json"
    if not path.exists():
        yield Finding("keys", OK, "no key file yet; it is made at the first start")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding("keys", FAIL, f"{path} has mode {mode:04o}: others may read it", f"chmod 600 {path}")
    elif not os.access(path, os.R_OK):
        yield Finding("keys", FAIL, f"{path} is not readable for us", "run as the user that owns it")
    else:
        yield Finding("keys", OK, f"{path.name} is readable by its owner only; keep a backup of it")


CHECKS: Final[tuple[Callable[[Settings, Path | None], Iterator[Finding]], ...]] = (
    configuration, data_directory, spool, catalog, bucket, geo, clock, key_file,
)  # fmt: skip


def run(found: Settings, config: Path | None) -> Iterator[Finding]:
    """All findings, as they are made. Never raises."""
    for check in CHECKS:
        try:
            yield from check(found, config)
        except Exception as error:  # noqa: BLE001 - whatever is broken is the finding
            first = (str(error).strip().splitlines() or [""])[0][:300]
            yield Finding(check.__name__, FAIL, f"{type(error).__name__}: {first}", WHERE.get(check.__name__, ""))


WHERE: Final = {
    "bucket": "the catalog knows where the tables lie; see what it says above",
    "catalog": "see that the catalog runs; check catalog_uri, catalog_credential and warehouse",
    "clock": "check s3_endpoint and catalog_uri; the server does not answer",
}

__all__ = ["CHECKS", "Finding", "run"]
