"""Real stores for tests: a local directory, SeaweedFS (S3 and Iceberg REST), PostgreSQL with S3.

Servers are started once a session, on free loopback ports, below a temporary directory, and stopped by their own
process ids. Each test gets a namespace of its own, so tests share servers and never tables.
"""

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from warehouse.catalog import StoreConfig, open_catalog

ACCESS_KEY, SECRET_KEY = "testkey", "testsecret"
READY_SECONDS = 120


@dataclass(frozen=True)
class Seaweed:
    """Addresses of a running SeaweedFS and its process (for tests that take it away)."""

    s3: str
    rest: str
    process: subprocess.Popen[bytes]


@dataclass(frozen=True)
class Store:
    """A store set-up: `name` is local, rest or postgres; `config` has a data directory and namespace of its own."""

    name: str
    config: StoreConfig

    @property
    def data(self) -> Path:
        return Path(self.config.data_dir)

    def environ(self) -> dict[str, str]:
        """The environment that makes `firsthand` use this store."""
        values = msgspec.to_builtins(self.config)
        return {f"FIRSTHAND_{k.upper()}": str(v) for k, v in values.items() if k != "data_dir" and v != ""}


def free_port() -> int:
    """A TCP port that was free a moment ago, low enough that port + 10,000 is one too."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            if port + 10_000 > 65_535:
                port -= 20_000
            try:
                two.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            return port


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], what: str) -> None:
    """Wait for a server to answer; fails with its name if it ends or takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with {process.returncode} while it started")
        with contextlib.suppress(OSError):
            if ready():
                return
        time.sleep(0.1)
    raise RuntimeError(f"{what} did not answer in {READY_SECONDS} s")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server that we started and wait for it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


def start_seaweed(
    directory: Path, ports: dict[str, int] | None = None
) -> tuple[subprocess.Popen[bytes], dict[str, int]]:
    """Start `weed mini` on the given or free ports; starting again on the same directory keeps its data."""
    weed = Path(sys.executable).with_name("weed")
    directory.mkdir(parents=True, exist_ok=True)
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    (directory / "s3.json").write_text(
        json.dumps({"identities": [{"name": "test", "credentials": credentials, "actions": actions}]})
    )
    ports = ports or {
        name: free_port() for name in ("s3", "s3.port.iceberg", "s3.port.lance", "filer", "master", "volume", "admin")
    }
    options = [f"-{name if '.' in name else f'{name}.port'}={port}" for name, port in ports.items()]
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen(
            [str(weed), "mini", f"-dir={directory}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
             f"-s3.config={directory / 's3.json'}", "-bucket=events", "-tableBucket=lake", "-webdav=false",
             "-admin.ui=false", *options],
            stdout=log, stderr=log, cwd=directory,
        )  # fmt: skip

    def ready() -> bool:
        s3, rest = (f"http://127.0.0.1:{ports[name]}" for name in ("s3", "s3.port.iceberg"))
        return answers(ports["s3"]) and bucket_takes_objects(s3) and catalog_has_bucket(rest, s3)

    try:
        wait_until(ready, process, "SeaweedFS")
    except BaseException:
        stop(process)
        raise
    return process, ports


def catalog_has_bucket(rest: str, s3: str) -> bool:
    from pyiceberg.exceptions import NoSuchNamespaceError, RESTError

    config = StoreConfig("", catalog_uri=rest, catalog_credential=f"{ACCESS_KEY}:{SECRET_KEY}", warehouse="s3://lake",
                         s3_endpoint=s3)  # fmt: skip
    try:
        open_catalog(config).list_namespaces()
    except (RESTError, NoSuchNamespaceError, OSError):  # the table bucket is made a moment later
        return False
    return True


def bucket_takes_objects(endpoint: str) -> bool:
    import boto3
    import botocore.exceptions

    client = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=ACCESS_KEY,
                          aws_secret_access_key=SECRET_KEY, region_name="us-east-1")  # fmt: skip
    try:
        client.put_object(Bucket="events", Key="probe", Body=b"x")
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
        return False
    return True


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """One SeaweedFS for the session."""
    process, ports = start_seaweed(tmp_path_factory.mktemp("seaweed"))
    try:
        yield Seaweed(f"http://127.0.0.1:{ports['s3']}", f"http://127.0.0.1:{ports['s3.port.iceberg']}", process)
    finally:
        process.kill()  # it takes its time over SIGTERM, and its data is thrown away
        process.wait()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a PostgreSQL of the session, run from Debian's binaries (as user postgres if we are root)."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        pytest.skip("no PostgreSQL under /usr/lib/postgresql")
    base = Path(f"/tmp/firsthand-pg-{os.getpid()}-{uuid4().hex[:8]}")  # user postgres cannot enter pytest's own
    base.mkdir(mode=0o755)
    as_user: list[str] = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(base, user.pw_uid, user.pw_gid)
        as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    port = free_port()
    data = base / "data"
    subprocess.run([*as_user, str(found[-1] / "initdb"), "-D", str(data), "-A", "trust", "-U", "firsthand", "-N"],
                   check=True, capture_output=True, cwd="/")  # fmt: skip
    process = subprocess.Popen(
        [*as_user, str(found[-1] / "postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(base),
         "-c", "fsync=off"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip

    def ready() -> bool:
        import psycopg

        try:
            psycopg.connect(f"host=127.0.0.1 port={port} user=firsthand dbname=postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    try:
        wait_until(ready, process, "PostgreSQL")
        yield f"postgresql+psycopg://firsthand@127.0.0.1:{port}/postgres"
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)  # fast shutdown
            process.wait(20)
        shutil.rmtree(base, ignore_errors=True)


def local_store(data: Path) -> Store:
    """SQLite catalog and local directory below `data`."""
    return Store("local", StoreConfig(str(data)))


def rest_store(data: Path, server: Seaweed, rest: str = "") -> Store:
    """Iceberg REST catalog and S3 of SeaweedFS; `rest` is another address of the catalog (a proxy)."""
    config = StoreConfig(
        str(data), catalog_uri=rest or server.rest, catalog_credential=f"{ACCESS_KEY}:{SECRET_KEY}",
        warehouse="s3://lake", namespace=f"t{uuid4().hex[:12]}", s3_endpoint=server.s3,
        s3_access_key_id=ACCESS_KEY, s3_secret_access_key=SECRET_KEY,
    )  # fmt: skip
    return Store("rest", config)


def postgres_store(data: Path, server: Seaweed, uri: str) -> Store:
    """PostgreSQL as an SQL catalog, tables in a plain S3 bucket."""
    name = f"t{uuid4().hex[:12]}"
    config = StoreConfig(
        str(data), catalog_uri=uri, warehouse=f"s3://events/{name}", namespace=name, s3_endpoint=server.s3,
        s3_access_key_id=ACCESS_KEY, s3_secret_access_key=SECRET_KEY,
    )  # fmt: skip
    return Store("postgres", config)


@pytest.fixture(
    params=[
        "local",
        pytest.param("rest", marks=pytest.mark.stores),
        pytest.param("postgres", marks=pytest.mark.stores),
    ]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """The same test on all three store set-ups."""
    data = tmp_path / "data"
    if request.param == "local":
        return local_store(data)
    server: Seaweed = request.getfixturevalue("seaweed")
    if request.param == "rest":
        return rest_store(data, server)
    return postgres_store(data, server, request.getfixturevalue("postgres"))


SERVED = pytest.mark.stores
# For long tests that another store of two shows as well: PostgreSQL's turn is in `make test-slow`
POSTGRES_SLOWLY = pytest.mark.parametrize(
    "store",
    ["local", pytest.param("rest", marks=SERVED), pytest.param("postgres", marks=[SERVED, pytest.mark.slow])],
    indirect=True,
)
# And for those where what is under test hardly touches the store
STORES_SLOWLY = pytest.mark.parametrize(
    "store",
    ["local", *(pytest.param(name, marks=[SERVED, pytest.mark.slow]) for name in ("rest", "postgres"))],
    indirect=True,
)


@pytest.fixture
def local(tmp_path: Path) -> Store:
    """The embedded default alone, for what does not depend on the store."""
    return local_store(tmp_path / "data")
