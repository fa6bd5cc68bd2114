"""What a worker must not have loaded once it has taken an event: each of these costs every worker memory and start."""

import subprocess
import sys
from pathlib import Path

# The warehouse's tools; readers of what only some installations have; what few workers ever need
HEAVY = (
    "warehouse", "numpy", "pandas", "pyarrow", "pyiceberg", "duckdb", "polars", "boto3", "botocore", "click", "rich",
    "psycopg", "sqlalchemy.dialects.postgresql", "authlib", "joserfc", "geoip2", "aiohttp", "requests", "urllib3",
)  # fmt: skip

PROGRAM = """
import sys
from pathlib import Path
from tests.collector.desk import desk
with desk(Path(sys.argv[1])) as worker:
    reply = worker.batch({"type": "track", "event": "Order", "anonymousId": "a", "messageId": "m-1"})
    assert len(reply.rows) == 1, reply
print(*(name for name in sys.argv[2:] if name in sys.modules))
"""


def test_a_worker_that_took_an_event_has_nothing_heavy(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), *HEAVY, "msgspec", "sqlalchemy"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["msgspec", "sqlalchemy"]
