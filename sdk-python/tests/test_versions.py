"""Python 3.9 to 3.13: each interpreter that is here runs smoke.py. This one always does; none of the others must exist.

That the sources are 3.9 in their syntax is held by test_package.py; ruff and pyright hold 3.9 in names and types.
"""

import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from authority import Authority
from interpreters import interpreters
from proxy import Proxy
from tests.contract.scripted import Scripted

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(("version", "program"), sorted(interpreters().items()))
def test_smoke(secure: Scripted, authority: Authority, proxy: Proxy, tmp_path: Path, version: str,
               program: str) -> None:  # fmt: skip
    """By TLS through a proxy: what the standard library changes most between versions."""
    command = [program, "-W", "error::SyntaxWarning", str(ROOT / "tests" / "smoke.py"), secure.endpoint]
    way = {"FIRSTHAND_PROXY": proxy.address, "FIRSTHAND_CA_FILE": authority.ca_file}
    environ = {**os.environ, **way, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([*command, str(tmp_path / "spool")], env=environ, capture_output=True, text=True, timeout=60,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.match(rf"{re.escape(version)}\.\d+\n$", done.stdout)
    assert Counter(m["event"] for m in secure.messages) == {"thread": 150, "child": 10, "async": 1}
    assert len({m["messageId"] for m in secure.messages}) == 161
    assert proxy.heads
