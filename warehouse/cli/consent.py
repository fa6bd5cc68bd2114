"""`firsthand consent`: policies and the ledger from the command line of whoever owns the machine."""

import json
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
import msgspec

from collector import sources
from collector.identifiers import uuid7
from collector.keys import consent_ring
from collector.settings import Settings
from warehouse.cli.common import EXIT_PROBLEM, file_errors, need_data, options, print_json, settings, store_errors
from warehouse.cli.progress import progress

SITE = click.option("--site", default="default", show_default=True, help="The site whose people these are.")
WHO = "command line"


@click.group(epilog="Examples:\n\n  firsthand consent publish\n\n  firsthand consent verify --json")
def consent() -> None:
    """Policies, the map of events and the ledger of receipts.

    The console does the same for officers, with four eyes; this is for who owns the machine, and the audit log says
    so.
    """


@consent.command(epilog="Examples:\n\n  firsthand consent publish\n\n  firsthand consent policy > policy.json\n\n"
                 "  firsthand consent publish --file policy.json --comment 'new purpose'")  # fmt: skip
@click.option("--file", "file", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="The document to publish.  [default: the shipped one]")  # fmt: skip
@click.option("--comment", default="", help="What changed, for the history.")
@SITE
@options
def publish(file: Path | None, comment: str, site: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """Put a policy into force. Running collectors obey it within seconds."""
    from consent.admin import policies
    from consent.presets import preset

    document = preset() if file is None else _read(file)
    with _store(settings(config, data)) as store, store.write() as connection:
        draft = policies.save_draft(connection, _admin(), site, document, comment)
        policies.submit(connection, _admin(), site, draft.id)
        made = policies.publish(connection, _admin(), site, draft.id)
    if as_json:
        print_json({"site": site, "number": made.number, "policyVersion": made.version})
    else:
        click.echo(f"{site}: version {made.number} is in force ({made.version})")


@consent.command(epilog="Examples:\n\n  firsthand consent policy > policy.json\n\n  firsthand consent policy --preset")
@click.option("--preset", "shipped", is_flag=True, help="The shipped document, whatever is in force.")
@SITE
@options
def policy(shipped: bool, site: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """Print the policy in force as a document that `publish --file` takes."""
    from consent.admin import AdminError, policies
    from consent.presets import preset

    if shipped:
        document = preset()
    else:
        with known_store(settings(config, data), config, site) as store, store.read() as connection:
            found = policies.current(connection, site)
        if found is None:
            raise AdminError("policy.noneYet", site=site)
        document = found.document
    print_json(json.loads(msgspec.json.encode(document)))


@consent.command(
    "map", epilog="Examples:\n\n  firsthand consent map > map.json\n\n  firsthand consent map --file map.json"
)
@click.option("--file", "file", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help='Put this map into force: [{"match": "Order *", "purpose": "necessary"}].')  # fmt: skip
@SITE
@options
def map_(file: Path | None, site: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """Print the map of events to purposes, or put a new one into force."""
    from consent.admin import AdminError, events
    from consent.model import EventRule

    with known_store(settings(config, data), config, site) as store, store.write() as connection:
        if file is not None:
            try:
                rules = msgspec.json.decode(file.read_bytes(), type=tuple[EventRule, ...])
            except (OSError, msgspec.MsgspecError) as error:
                raise AdminError("file", file=file, said=error) from error
            newest = events.history(connection, site, 1)
            events.save(connection, _admin(), site, rules, newest[0].number if newest else 0)
        print_json(msgspec.to_builtins(events.current(connection, site)))


@consent.command(
    epilog="Examples:\n\n  firsthand consent verify\n\n  firsthand consent verify --checkpoint kept.json --json"
)
@click.option("--checkpoint", "kept", type=click.Path(path_type=Path, dir_okay=False), multiple=True,
              help="A checkpoint that was kept elsewhere; repeat it.")  # fmt: skip
@SITE
@options
def verify(kept: tuple[Path, ...], site: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """Read the site's ledger and audit log from end to end. Exit code 1, and the first broken place, if not whole."""
    from consent.admin.audit import audit_chain
    from consent.ledger import verify as verifying

    found = settings(config, data)
    marks = [_checkpoint(path) for path in kept]
    reports = []
    with known_store(found, config, site) as store, store.read() as connection, progress("verifying", as_json) as tell:
        keys = consent_ring(found).public_keys()
        for chain in (site, audit_chain(site)):
            mine = [m for m in marks if m.chain == chain]
            reports.append(verifying.verify(connection, chain, keys, mine, lambda seq: tell(f"verifying {seq:,}")))
    if as_json:
        print_json([msgspec.to_builtins(r) for r in reports])
    for report in [] if as_json else reports:
        if report.problem:
            click.echo(f"{report.chain}: BROKEN at entry {report.problem.seq}: {report.problem.what}")
        else:
            parts = f"{report.entries} entries, {report.erased} erased, {report.checkpoints} checkpoints"
            click.echo(f"{report.chain}: whole, {parts}, head {report.head[:16]}…")
    if any(report.problem for report in reports):
        sys.exit(EXIT_PROBLEM)


@consent.command(epilog="Examples:\n\n  firsthand consent checkpoint > kept.json")
@SITE
@options
def checkpoint(site: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """Sign the end of the ledger and print it. Kept elsewhere, it proves later that nothing before it was changed."""
    from consent.admin import AdminError, ledger

    found = settings(config, data)
    with known_store(found, config, site) as store, store.write() as connection:
        mark = ledger.checkpoint(connection, _admin(), consent_ring(found), site, site)
    if mark is None:
        raise AdminError("ledger.empty", site=site)
    print_json(msgspec.structs.asdict(mark) | {"hash": mark.hash.hex(), "signature": mark.signature.hex()})


@consent.command(
    epilog="Examples:\n\n  firsthand consent export ledger.csv\n\n"
    "  firsthand consent export - --format jsonl\n\n  firsthand consent export ledger.parquet"
)
@click.argument("out")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "parquet"]), default=None,
              help="[default: by the ending of OUT, else csv]")  # fmt: skip
@SITE
@options
def export(out: str, form: str | None, site: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """Write the ledger to OUT (- for standard output), one row an entry. Nobody's ids are in it, only subjects."""
    from consent.admin import ledger

    form = form or {".jsonl": "jsonl", ".parquet": "parquet"}.get(Path(out).suffix, "csv")
    if form == "parquet" and out == "-" and sys.stdout.isatty():
        raise click.UsageError("parquet needs a file")
    entries = 0

    def count(done: int) -> None:
        nonlocal entries
        entries = done
        tell(f"exporting {done:,}")

    with known_store(settings(config, data), config, site) as store, progress("exporting", as_json) as tell:
        pieces = ledger.export(store, _admin(), site, form, progress=count)
        with file_errors(out), nullcontext(sys.stdout.buffer) if out == "-" else Path(out).open("wb") as file:
            for piece in pieces:
                file.write(piece)
    if as_json and out != "-":
        print_json({"file": out, "format": form, "entries": entries})
    else:
        click.echo(f"{entries} entries", err=True)


@consent.command(epilog="Examples:\n\n  firsthand consent erase --anonymous-id a-1\n\n"
                 "  firsthand consent erase --user-id u-7 --keep-out")  # fmt: skip
@click.option("--anonymous-id", default=None, help="As the device sends it.")
@click.option("--user-id", default=None, help="As the site knows the person.")
@click.option("--keep-out", is_flag=True, help="Refuse this person's events from now on as well.")
@SITE
@options
def erase(
    anonymous_id: str | None, user_id: str | None, keep_out: bool, site: str, data: str | None, config: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Delete what one person chose from the store; the ledger stays whole. Events in the tables are another matter."""
    from consent.admin import people

    if not anonymous_id and not user_id:
        raise click.UsageError("name --anonymous-id or --user-id")
    found = settings(config, data)
    with known_store(found, config, site) as store:
        with store.write() as connection:
            subjects = [p.subject for p in people.find(connection, consent_ring(found), site, anonymous_id, user_id)]
            if keep_out:
                people.suppress(connection, _admin(), site, subjects)
            emptied = people.erase(connection, _admin(), site, subjects)
        store.vacuum()
    if as_json:
        print_json({"entries": emptied, "keptOut": keep_out})
    else:
        click.echo(f"{len(emptied)} entries emptied")


def _admin() -> Any:
    from consent.admin import Admin

    return Admin(WHO, time.time_ns() // 1_000_000, uuid7, secrets.token_bytes, owner=True)


@contextmanager
def known_store(found: Settings, config: Path | None = None, site: str | None = None) -> Iterator[Any]:
    """For what only makes sense of a store that is there, and of a site that there is."""
    from consent.admin import AdminError, policies

    need_data(found, found.consent_store)
    with _store(found) as store:
        if site is not None and site not in sources.sites(found, config):
            with store.read() as connection:
                if site not in policies.sites(connection):
                    raise AdminError("site.unknown", site=site)
        yield store


@contextmanager
def _store(found: Settings) -> Iterator[Any]:
    from consent.store import open_store

    with store_errors("cannot use the consent store"):
        store = open_store(found.consent_url)
        try:
            yield store
        finally:
            store.close()


def _read(file: Path) -> Any:
    from consent.admin import AdminError
    from consent.model import PolicyDocument

    try:
        return msgspec.json.decode(file.read_bytes(), type=PolicyDocument)
    except (OSError, msgspec.MsgspecError) as error:
        raise AdminError("file", file=file, said=error) from error


def _checkpoint(path: Path) -> Any:
    from consent.admin import AdminError
    from consent.ledger.checkpoint import Checkpoint

    try:
        said = json.loads(path.read_text())
        return Checkpoint(said["chain"], said["seq"], bytes.fromhex(said["hash"]), said["at"], said["kid"],
                          bytes.fromhex(said["signature"]))  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AdminError("file.noCheckpoint", file=path, said=error) from error
