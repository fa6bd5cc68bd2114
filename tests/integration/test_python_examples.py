"""The examples of the Python SDK, started as their README says: what must be sent, and what must not."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.contract.scripted import Scripted
from tests.integration.stack import wait_for
from tests.stores import free_port

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "python"
AGREED = "fh.fh_web.id=a-1; fh.fh_web.consent=analytics"
REFUSED = "fh.fh_web.id=a-2; fh.fh_web.consent=support"


@pytest.fixture
def collector() -> Iterator[Scripted]:
    with Scripted() as scripted:
        yield scripted


def environ(collector: Scripted, tmp_path: Path) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTHAND_")}
    told = {"FIRSTHAND_WRITE_KEY": "k", "FIRSTHAND_ENDPOINT": collector.endpoint, "FIRSTHAND_BATCH_SECONDS": "0.1"}
    return {**mine, **told, "TMPDIR": str(tmp_path)}


def program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


@contextmanager
def running(command: list[str], collector: Scripted, tmp_path: Path, where: Path = FOLDER) -> Iterator[None]:
    """The server while the block runs; SIGTERM ends it, and what waits is delivered by then."""
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=where, env=environ(collector, tmp_path), stdout=log, stderr=log)
        try:
            yield
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        finally:
            process.kill()
            process.wait()


def order(port: int, order_id: str, cookie: str) -> None:
    def answered() -> bool:
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/orders/{order_id}", b"", {"Cookie": cookie})
        try:
            return bool(urllib.request.urlopen(asked, timeout=30).read())
        except urllib.error.HTTPError:
            raise
        except OSError:
            return False

    wait_for(answered, "the shop")


def test_script_twice(collector: Scripted, tmp_path: Path) -> None:
    for _ in range(2):
        done = subprocess.run([sys.executable, "script.py"], cwd=FOLDER, env=environ(collector, tmp_path),
                              capture_output=True, text=True, timeout=30)  # fmt: skip
        assert (done.returncode, done.stdout) == (0, "sent 2, without consent 1, waiting 0\n"), done.stderr
    ids = [m["messageId"] for m in collector.messages]
    assert ids == ["order-A-1001", "order-A-1003"] * 2, "the same ids: the collector stores one row each"


FLASK = [program("flask"), "--app", "flask_app.py", "run", "--port"]
DJANGO = [sys.executable, "django_app.py", "runserver", "--noreload"]
FASTAPI = [program("granian"), "--interface", "asgi", "--host", "127.0.0.1", "fastapi_app:app", "--port"]


@pytest.mark.parametrize(
    ("command", "names"),
    [(FLASK, {"Order Completed"}), (DJANGO, {"Order Completed"}), (FASTAPI, {"Order Completed", "Mail Sent"})],
    ids=["flask", "django", "fastapi"],
)
def test_shops(collector: Scripted, tmp_path: Path, command: list[str], names: set[str]) -> None:
    port = free_port()
    with running([*command, str(port)], collector, tmp_path):
        order(port, "1", AGREED)
        order(port, "2", REFUSED)
        order(port, "3", "")
        assert collector.wait(lambda c: {m["event"] for m in c.messages} == names)
    assert {m["properties"]["order_id"] for m in collector.messages} == {"1"}
    assert {m["anonymousId"] for m in collector.messages} == {"a-1"}
    assert {m["event"] for m in collector.messages} == names
    page = collector.messages[0]["context"]["page"]
    assert page["path"] == "/orders/1"


def test_celery(collector: Scripted, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "celery_app.py"], cwd=FOLDER, env=environ(collector, tmp_path),
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stderr
    worker = [program("celery"), "-A", "celery_app", "worker", "--concurrency", "1", "--without-mingle"]
    with running(worker, collector, tmp_path):
        assert collector.wait(lambda c: bool(c.messages), 40), (tmp_path / "log").read_text()[-2000:]
        wait_for(lambda: not list((tmp_path / "firsthand-example-queue").glob("*.msg")), "both tasks")
    assert [(m["event"], m["userId"]) for m in collector.messages] == [("Order Paid", "c-1")]


def test_notebook(collector: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a kernel of its own, cell by cell, as Jupyter runs it; the second cell twice."""
    for name, value in environ(collector, tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FIRSTHAND_BATCH_SECONDS", "30")  # so that what leaves is seen to leave by flush and end
    notebook = nbformat.read(FOLDER / "notebook.ipynb", as_version=4)
    notebook.cells[4:4] = notebook.cells[1:3]  # configure and track anew, as people do
    client = NotebookClient(notebook, timeout=60, kernel_name="python3")
    client.execute(env=dict(os.environ))
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    shown = [output.data["text/plain"] for output in outputs if output.output_type == "execute_result"]
    assert "Report(sent=3, pending=0, dropped=1, rejected=0)" in shown
    assert collector.wait(lambda c: any(m["event"] == "Notebook Left" for m in c.messages))
    said = Counter(m["event"] for m in collector.messages)
    assert said == {"Segment Built": 6, "Model Scored": 1, "Notebook Left": 1}
    assert len({m["messageId"] for m in collector.messages}) == 8
    assert {m["userId"] for m in collector.messages} == {"analyst-7"}


def test_the_readme_lists_them_all() -> None:
    text = (FOLDER / "README.md").read_text()
    assert [p.name for p in FOLDER.iterdir() if p.suffix in (".py", ".ipynb") and f"`{p.name}`" not in text] == []
