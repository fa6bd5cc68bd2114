"""`firsthand dsr`: what people may ask for, from the request to the certificate."""

import csv
import json
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click

from collector.keys import consent_ring
from warehouse.cli.common import EXIT_PROBLEM, file_errors, options, print_json, settings, store_config, store_errors
from warehouse.cli.consent import SITE, _admin, known_store
from warehouse.cli.progress import erasing, progress
from warehouse.cli.work import Rights, load_spool, raw_of

ID = click.argument("id")
LOOKING = "looking for the person in the tables"


@click.group(epilog="Examples:\n\n  firsthand dsr open --kind erase --user-id u-7\n\n  firsthand dsr list --json")
def dsr() -> None:
    """Requests of people: access, export, restriction, erasure."""


@dsr.command("open", epilog="Examples:\n\n  firsthand dsr open --kind erase --user-id u-7\n\n"
             "  firsthand dsr open --kind access --email ada@example.com --law pipl --json")  # fmt: skip
@click.option("--kind", type=click.Choice(["access", "export", "restrict", "erase"]), required=True)
@click.option("--law", type=click.Choice(["gdpr", "ccpa", "pipl"]), default="gdpr", show_default=True,
              help="Whose clock runs.")  # fmt: skip
@click.option("--user-id", multiple=True, help="As the site knows the person.")
@click.option("--anonymous-id", multiple=True, help="As a device sends it.")
@click.option("--email", multiple=True, help="Hashed with every live key; not kept.")
@click.option("--phone", multiple=True, help="Hashed with every live key; not kept.")
@SITE
@options
def open_(
    kind: str, law: str, user_id: tuple[str, ...], anonymous_id: tuple[str, ...], email: tuple[str, ...],
    phone: tuple[str, ...], site: str, data: str | None, config: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Take in a request. Of a mail address or a phone number only what the tables hold of it is kept."""
    from consent.rights import requests

    found = settings(config, data)
    named = [("user_id", user_id), ("anonymous_id", anonymous_id), ("email", email), ("phone", phone)]
    forms = Rights(found, site).forms([(name, value) for name, values in named for value in values])
    with known_store(found, config, site) as store, store.write() as connection:
        made = requests.open_request(connection, _admin(), site, kind, law, forms, "command line")
    _show(made, as_json)


@dsr.command("list", epilog="Examples:\n\n  firsthand dsr list\n\n  firsthand dsr list --all --csv > requests.csv")
@click.option("--all", "everything", is_flag=True, help="Closed ones too.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV.")
@SITE
@options
def list_(everything: bool, as_csv: bool, site: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """The requests, the most urgent first."""
    from consent.rights import requests

    with known_store(settings(config, data), config, site) as store, store.read() as connection:
        shown = [r.shown(_admin().now) for r in requests.listed(connection, site, only_open=not everything)]
    if as_json:
        print_json(shown)
    elif as_csv:
        out = csv.DictWriter(sys.stdout, list(shown[0]) if shown else ["id"])
        out.writeheader()
        out.writerows(shown)
    else:
        for one in shown:
            left = "" if one["days_left"] is None else f"{one['days_left']} days left"
            click.echo(f"{one['id']}  {one['kind']:8} {one['state']:9} {one['law']:4}  {left}")


@dsr.command(epilog="Examples:\n\n  firsthand dsr show 0199…\n\n  firsthand dsr show 0199… --json")
@ID
@options
def show(id: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """One request, without whom it is about."""
    from consent.rights import requests

    with known_store(settings(config, data)) as store, store.read() as connection:
        _show(requests.get(connection, id), as_json)


class Change(NamedTuple):
    """A change of state that takes one reason in words."""

    option: str
    option_help: str
    about: str
    example: str


CHANGES = {
    "verify": Change("how", "How the person proved who they are.",
                     "The person's identity was verified. Nothing is done before.", "logged in and confirmed by mail"),
    "deny": Change("reason", "What the person is told.",
                   "Close a request without doing it. The person must be told why.", "not our customer"),
    "extend": Change("reason", "What the person is told.",
                     "More time, once, if the law knows it. The person must be told before the first deadline.",
                     "many systems"),
}  # fmt: skip


def _change(name: str, change: Change) -> None:
    example = f"firsthand dsr {name} 0199… --{change.option} '{change.example}'"

    @dsr.command(name, help=change.about, epilog=f"Examples:\n\n  {example}\n\n  {example} --json")
    @ID
    @click.option(f"--{change.option}", "why", required=True, help=change.option_help)
    @options
    def _(id: str, why: str, data: str | None, config: Path | None, as_json: bool) -> None:
        from consent.rights import requests

        with known_store(settings(config, data)) as store, store.write() as connection:
            _show(getattr(requests, name)(connection, _admin(), id, why), as_json)


for _name, _about in CHANGES.items():
    _change(_name, _about)


@dsr.command(epilog="Examples:\n\n  firsthand dsr export 0199… person.zip\n\n"
             "  firsthand dsr export 0199… person.zip --json")  # fmt: skip
@ID
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@options
def export(id: str, out: Path, data: str | None, config: Path | None, as_json: bool) -> None:
    """Everything about a person, from all tables and the ledger, as JSON and CSV in one zip (mode 0600)."""
    from consent.rights import requests
    from warehouse.cli import exporting

    found = settings(config, data)
    with known_store(found) as store:
        with store.write() as connection:
            rights = Rights(found, requests.get(connection, id).site)
            request = requests.begin(connection, _admin(), id, ("access", "export"))
        with store.read() as connection, progress(LOOKING, as_json):
            tables = rights.rows(connection, request.forms)
        with file_errors(out):
            exporting.write(out, tables)
        with store.write() as connection:
            requests.finish(connection, _admin(), id)
    counts = {name: len(rows) for name, rows in tables.items()}
    if as_json:
        print_json({"file": str(out), "rows": counts})
    else:
        click.echo(f"{out}: " + ", ".join(f"{count} {name}" for name, count in counts.items()))


@dsr.command(epilog="Examples:\n\n  firsthand dsr restrict 0199…\n\n  firsthand dsr restrict 0199… --json")
@ID
@options
def restrict(id: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """Keep new events of a person out; what is stored stays as it is (GDPR Art. 18)."""
    from consent.rights import requests

    found = settings(config, data)
    with known_store(found) as store:
        with store.write() as connection:
            rights = Rights(found, requests.get(connection, id).site)
            request = requests.begin(connection, _admin(), id, ("restrict",))
        with progress(LOOKING, as_json):
            rights.keep_out(store, _admin, request.forms)
        with store.write() as connection:
            requests.finish(connection, _admin(), id)
    _done({"restricted": id}, as_json)


@dsr.command(epilog="Examples:\n\n  firsthand dsr lift 0199…\n\n  firsthand dsr lift 0199… --json")
@ID
@options
def lift(id: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """End a restriction that was done: new events of the person are taken again."""
    from consent.rights import requests

    found = settings(config, data)
    with known_store(found) as store, progress(LOOKING, as_json):
        with store.read() as connection:
            site = requests.get(connection, id).site
        Rights(found, site).let_in(store, _admin, id)
    _done({"lifted": id}, as_json)


@dsr.command(epilog="Examples:\n\n  firsthand dsr erase 0199… --dry-run\n\n"
             "  firsthand dsr erase 0199… --grace 0 --json\n\n  firsthand dsr erase --queue")  # fmt: skip
@click.argument("id", required=False)
@click.option(
    "--queue", is_flag=True, help="Everybody whose request is verified, together: each file is written anew once."
)
@click.option("--dry-run", is_flag=True, help="Print what would go; change nothing.")
@click.option("--grace", type=float, default=None, metavar="SECONDS",
              help="Between the last snapshot with the rows and the deletion: longer than a reader takes.  "
              "[default: erase_grace_seconds]")  # fmt: skip
@click.option("--email", multiple=True, help="Raw forms to look for in the final search; not kept.")
@click.option("--phone", multiple=True, help="Raw forms to look for in the final search; not kept.")
@SITE
@options
def erase(
    id: str | None, queue: bool, dry_run: bool, grace: float | None, email: tuple[str, ...], phone: tuple[str, ...],
    site: str, data: str | None, config: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Erase a person for good: gate, ledger, tables, files, versions; then search, and sign that nothing is left.

    Killed half-way, it goes on where it was when it is started again. A loader and readers may run meanwhile.
    """
    from consent.rights import requests
    from warehouse.cli.erasing import Eraser
    from warehouse.erase import Erasure

    if (id is None) != queue:
        raise click.UsageError("give the id of a request, or --queue for all that are verified")
    if queue and (dry_run or email or phone):
        raise click.UsageError("--queue goes with neither --dry-run nor --email or --phone")
    found = settings(config, data)
    grace = found.erase_grace_seconds if grace is None else grace
    away = store_errors("the erasure cannot reach the tables")
    with known_store(found, config, site) as store, away, progress("erasing", as_json) as tell:
        if id is not None:
            with store.read() as connection:
                site = requests.get(connection, id).site
        rights = Rights(found, site)
        (on_step, on_file), load = erasing(tell, grace), partial(load_spool, found)
        how = Erasure(found.data_dir, store_config(found), grace, load=load, on_step=on_step, on_file=on_file)
        if id is not None and dry_run:
            going = _would_go(rights, store, id, how)
            if as_json:
                print_json(going)
            for name, one in {} if as_json else going["tables"].items():
                click.echo(f"{name}: {one['files']} files ({one['bytes']:,} bytes) would be written anew")
            return
        eraser = Eraser(rights, store, _admin, how)
        raw = raw_of([("email", email), ("phone", phone)])
        documents = eraser.queue() if id is None else [eraser.one(id, raw)]
    if as_json:
        print_json(documents[0] if id is not None else documents)
        return
    for document in documents:
        _say(document, found.data_dir / "certificates")
    if not documents:
        click.echo("no erasure waits that is verified")


def _would_go(rights: Rights, store: Any, id: str, how: Any) -> dict[str, Any]:
    from consent.rights import requests
    from warehouse.erase import find
    from warehouse.erase.target import target_of

    with store.read() as connection:
        forms = requests.get(connection, id).forms
    ids = rights.linked(forms)
    tables = find(how, target_of(ids, forms.texts))
    return {"ids": len(ids), "tables": {n: {"files": f, "bytes": b} for n, (f, b) in tables.items()}}


def _say(document: dict[str, Any], folder: Path) -> None:
    report = document["report"]
    rows = sum(t["rows"] for t in report["tables"].values())
    objects = sum(t["objectsRemoved"] for t in report["tables"].values())
    searched = sum(t["scanned"]["objects"] for t in report["tables"].values()) + report["dataDirectory"]["objects"]
    together = f" (of {report['together']} people together)" if "together" in report else ""
    click.echo(
        f"{rows} rows, {objects} objects removed{together}; {searched} objects searched, nothing found. "
        f"Certificate: {folder / document['request']}.json"
    )


@dsr.command(epilog="Examples:\n\n  firsthand dsr check certificates/0199….json\n\n"
             "  firsthand dsr check certificates/0199….json --json")  # fmt: skip
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@options
def check(file: Path, data: str | None, config: Path | None, as_json: bool) -> None:
    """Is a certificate ours and untouched? Exit code 1 if not."""
    from consent.rights.certificate import is_certified

    ring = consent_ring(settings(config, data))
    try:
        good = is_certified(json.loads(file.read_bytes()), ring.public_keys())
    except ValueError:
        good = False
    _done({"certified": good}, as_json)
    if not good:
        sys.exit(EXIT_PROBLEM)


def _show(request: Any, as_json: bool) -> None:
    shown = request.shown(_admin().now)
    if as_json:
        print_json(shown)
        return
    for name, value in shown.items():
        if value not in (None, "", {}):
            click.echo(f"{name:12} {_words(name, value)}")


def _words(name: str, value: Any) -> str:
    if name.endswith("_at"):
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(" ", "seconds")
    return ", ".join(value) if isinstance(value, dict) else str(value)


def _done(what: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(what)
    else:
        click.echo("\n".join(f"{name}: {value}" for name, value in what.items()))
