"""Hosts of the Python SDK that fork, freeze and hand work on: their programs, and what drives them."""

import signal
import socket
import subprocess
import threading
import urllib.request

from tests.integration.field import HEAD, Field
from tests.integration.stack import PATIENCE, wait_for

WSGI = """
tell(-1)  # a worker thread in the master, before anything is forked

def application(environ, start_response):
    tell(1)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


def requests(port: int, count: int) -> None:
    """`count` requests by four threads, after the server answers."""

    def answering() -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30).read()
            return True
        except OSError:
            return False

    def some() -> None:
        for _ in range(count // 4):
            answering()

    wait_for(answering, "the server")
    threads = [threading.Thread(target=some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def serve(field: Field, scenario: str, command: list[str], port: int, count: int, spool: bool = False) -> None:
    (field.folder / "shop_wsgi.py").write_text(HEAD + WSGI)
    process = subprocess.Popen(command, env=field.environ(scenario, spool=spool), cwd=field.folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        requests(port, count)
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()
    assert len(field.told(scenario)) > count


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


CELERY = """
from celery import Celery
from firsthand.integrations.celery import install
here = os.environ["BROKER"]
app = Celery("shop", broker="filesystem://", broker_transport_options={
    "data_folder_in": here, "data_folder_out": here, "processed_folder": here + "-done", "store_processed": False})
app.conf.task_ignore_result = True
install()
tell(-1)  # a worker thread in the parent, before anything is forked

@app.task
def paid(n):
    id_ = firsthand.track(NAME, {"n": n})
    os.write(WITNESS, (id_ + "\\n").encode())
"""

FROZEN = """
from wsgiref.simple_server import make_server
from flask import Flask
from firsthand.integrations.flask import Firsthand
app = Flask("function")
Firsthand(app, flush_seconds=60)

@app.get("/")
def handler():
    tell_many(5)
    return "ok"

make_server("127.0.0.1", PORT, app).serve_forever()
"""
