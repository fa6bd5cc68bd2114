"""What the tests of the spool share."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from firsthand import Client
from firsthand.spool.frames import read

YES = {"analytics": True}
DOWN = "http://127.0.0.1:9"


def balanced(client: Client) -> bool:
    s = client.stats()
    return s.captured + s.recovered == s.sent + s.pending + sum(s.dropped.values()) + sum(s.rejected.values())


def track(client: Client, count: int, **properties: Any) -> list[str | None]:
    return [client.track("X", {"n": n, **properties}, user_id="u", consent=YES) for n in range(count)]


def on_disk(directory: Path) -> list[str]:
    """Message ids of what is left in all files."""
    contents = [read(path.read_bytes()) for path in sorted(directory.glob("*.spool"))]
    return [json.loads(message)["messageId"] for found in contents for message in found.left.values()]


def run(code: str, endpoint: str, spool: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    environ = {"FIRSTHAND_WRITE_KEY": "key-1", "FIRSTHAND_ENDPOINT": endpoint, "FIRSTHAND_SPOOL_DIR": str(spool)}
    return subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env={**os.environ, **environ},
                          capture_output=True, text=True, timeout=120, check=check)  # fmt: skip
