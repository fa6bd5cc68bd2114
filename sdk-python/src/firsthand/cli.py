"""`python -m firsthand send | doctor | drain`. Settings come from the environment and from `--write-key`, `--endpoint`
and `--spool-dir`; every command has `--json` and ends with 0 only if all is well.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, Callable

from firsthand.client import Client
from firsthand.doctor import examine
from firsthand.guard import Problem
from firsthand.settings import SettingsError, load

SEND_EXAMPLES = """examples:
  python -m firsthand send "Order Completed" --user-id u-7 --consent analytics -p total=9.9 -p currency=CNY
  python -m firsthand send Ping --anonymous-id a-1 --purpose necessary --json
"""
DOCTOR_EXAMPLES = """examples:
  FIRSTHAND_WRITE_KEY=fh_… FIRSTHAND_ENDPOINT=https://collect.example.org python -m firsthand doctor
  python -m firsthand doctor --write-key fh_… --endpoint http://127.0.0.1:8080 --json
"""
DRAIN_EXAMPLES = """examples:
  python -m firsthand drain --spool-dir /var/spool/shop        # before a machine is taken away
  python -m firsthand drain --spool-dir /var/spool/shop --timeout 300 --json
"""


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 all is well, 1 not, 2 wrong usage or settings."""
    given = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], tuple[int, dict[str, Any], list[str]]] = given.command
    try:
        code, found, lines = command(given)
    except SettingsError as error:
        code, found, lines = 2, {"error": str(error)}, [f"firsthand: {error}"]
    if given.json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        (sys.stderr if code == 2 else sys.stdout).write("\n".join(lines) + "\n")
    return code


def send(given: argparse.Namespace) -> tuple[int, dict[str, Any], list[str]]:
    """Send one event and say what became of it."""
    problems: list[Problem] = []
    client = Client(given.write_key, given.endpoint, on_error=problems.append, spool_dir="")
    consent = dict.fromkeys(given.consent, True) or None
    context = {"purpose": given.purpose} if given.purpose else None
    properties = dict(_property(text) for text in given.property)
    id_ = client.track(given.event, properties, user_id=given.user_id, anonymous_id=given.anonymous_id,
                       consent=consent, context=context)  # fmt: skip
    report = client.shutdown(given.timeout)
    told = [problem._asdict() for problem in problems]
    if report.sent:
        verdict = "accepted"
    elif report.rejected:
        verdict = "rejected"
    else:
        verdict = "not sent"
    lines = [f"{verdict}: {id_ or given.event}", *(f"  {p.kind} {p.reason}: {p.detail}" for p in problems)]
    return int(verdict != "accepted"), {"verdict": verdict, "messageId": id_, "problems": told}, lines


def doctor(given: argparse.Namespace) -> tuple[int, dict[str, Any], list[str]]:
    """Look at everything between this process and a stored event, without sending one."""
    findings = examine(load(write_key=given.write_key, endpoint=given.endpoint, spool_dir=given.spool_dir))
    lines = [f"{'ok  ' if f.ok else 'FAIL'} {f.name}: {f.detail}" for f in findings]
    good = all(f.ok for f in findings)
    return int(not good), {"ok": good, "checks": [f._asdict() for f in findings]}, lines


def drain(given: argparse.Namespace) -> tuple[int, dict[str, Any], list[str]]:
    """Deliver what processes that are gone have left in a spool directory."""
    where = load(write_key=given.write_key, endpoint=given.endpoint, spool_dir=given.spool_dir).spool_dir
    if not os.path.isdir(where):  # noqa: PTH112 - pathlib would be loaded for this alone
        raise SettingsError(f"there is no spool directory {where!r}: pass --spool-dir or set FIRSTHAND_SPOOL_DIR")
    client = Client(given.write_key, given.endpoint, spool_dir=where)
    client.flush(given.timeout)
    report = client.shutdown(0)
    counts = (f"{name} {count}" for name, count in report._asdict().items())
    lines = [", ".join(counts)]
    return int(report.pending > 0), report._asdict(), lines


def _property(text: str) -> tuple[str, Any]:
    """`total=9.9` → a number, `name=x` → text: JSON where it is JSON."""
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m firsthand", description="Try a key, see the verdict, find what's wrong."
    )
    commands = parser.add_subparsers(required=True, metavar="send | doctor | drain")
    for function, examples in ((send, SEND_EXAMPLES), (doctor, DOCTOR_EXAMPLES), (drain, DRAIN_EXAMPLES)):
        about = str(function.__doc__)
        one = commands.add_parser(function.__name__, help=about, description=about, epilog=examples,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
        one.set_defaults(command=function)
        one.add_argument("--write-key", help="default: FIRSTHAND_WRITE_KEY")
        one.add_argument("--endpoint", help="default: FIRSTHAND_ENDPOINT")
        one.add_argument("--json", action="store_true", help="one JSON object on standard output")
        if function is not send:
            one.add_argument("--spool-dir", help="default: FIRSTHAND_SPOOL_DIR")
        if function is not doctor:
            one.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="default: 10")
        if function is send:
            _of_an_event(one)
    return parser


def _of_an_event(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("event", help="name of the event")
    parser.add_argument("-p", "--property", action="append", default=[], metavar="NAME=VALUE",
                        help="repeatable; a number, true or other JSON, else text")  # fmt: skip
    parser.add_argument("--user-id")
    parser.add_argument("--anonymous-id")
    parser.add_argument("--consent", action="append", default=[], metavar="PURPOSE", help="granted; repeatable")
    parser.add_argument("--purpose", help="what the event is for; default: analytics")
