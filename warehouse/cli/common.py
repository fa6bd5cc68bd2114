"""What the commands share: their options, settings → config structs, and how errors and JSON are printed."""

import contextlib
import functools
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar

import click

from collector.logs import JsonLines
from collector.settings import Settings, SettingsError, load

P = ParamSpec("P")
R = TypeVar("R")

EXIT_PROBLEM = 1
EXIT_USAGE = 2


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--data`, `--config` and `--json`, as parameters `data`, `config` and `as_json`, with one-line errors."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON for programs."),
        click.option("--config", type=click.Path(path_type=Path), default=None, metavar="FILE",
                     help="Configuration file.  [default: ./firsthand.toml if it exists]"),
        click.option("--data", type=click.Path(), default=None, metavar="DIR",
                     help="The one directory that is written to.  [default: .firsthand]"),
    ):  # fmt: skip
        command = option(command)
    return one_line_errors(command)


def one_line_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Errors that people can do something about end in one line and exit code 2, without a traceback."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ValueError as error:  # SettingsError, StoreError, SchemaMismatch …: ours, and said in plain words
            if not type(error).__module__.startswith(("warehouse.", "collector.", "consent.")):
                raise
            fail(str(error))

    return wrapped


def fail(message: str, code: int = EXIT_USAGE) -> NoReturn:
    """Print `error: message` and end the program."""
    click.echo(f"error: {message}", err=True)
    sys.exit(code)


def settings(config: Path | None, data: str | None, lines: bool = False) -> Settings:
    """The settings in force; also sets up logging by `log_level`. Raises SettingsError.

    Text for a person who waits for the command to end; JSON `lines` for what runs on its own, without the texts of
    exceptions, which may quote an event.
    """
    found = load(config, data)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if lines else logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=found.log_level.upper(), handlers=[handler])
    for noisy in ("alembic", "botocore", "boto3", "urllib3", "pyiceberg", "s3transfer"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLogger().level))
    return found


def make_data(found: Settings) -> None:
    """Make the data directory if need be. Raises SettingsError if nothing can be written there."""
    todo = "make it writable or name another with --data"
    try:
        found.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{found.data_dir} cannot be made: {error.strerror}; {todo}") from None
    if not os.access(found.data_dir, os.W_OK | os.X_OK):
        raise SettingsError(f"{found.data_dir} cannot be written; {todo}")


def need_data(found: Settings, elsewhere: str | None) -> None:
    """Raises SettingsError where what is asked for would lie in a data directory that is not there, because it is not
    kept `elsewhere`: a typing mistake in --data must not look like tables without rows, or make other keys."""
    if not elsewhere and not found.data_dir.is_dir():
        raise SettingsError(
            f"there is no directory {found.data_dir}; `firsthand up` makes it, or name another with --data"
        )


def store_config(found: Settings) -> Any:
    """The store's part of the settings (warehouse.catalog.StoreConfig)."""
    from warehouse.catalog import StoreConfig

    return _pick(StoreConfig, found)


def loader_config(found: Settings) -> Any:
    """The loader's part of the settings (warehouse.loader.LoaderConfig)."""
    from warehouse.loader import LoaderConfig

    return _pick(LoaderConfig, found)


def maintain_config(found: Settings) -> Any:
    """The upkeep's part of the settings (warehouse.maintain.MaintainConfig)."""
    from warehouse.maintain import MaintainConfig

    return _pick(MaintainConfig, found)


def _pick(kind: Any, found: Settings) -> Any:
    names = [name for name in kind.__struct_fields__ if name != "data_dir"]
    return kind(data_dir=str(found.data_dir), **{name: getattr(found, name) for name in names})


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


@contextlib.contextmanager
def file_errors(out: Path | str) -> Iterator[None]:
    """A file that was asked for and cannot be written ends in one line; it is no error of the store."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}")


@contextlib.contextmanager
def store_errors(what: str) -> Iterator[None]:
    """Errors of catalog and store end in one line that says what to do; bugs of ours keep their traceback."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, LookupError, NameError, AssertionError, BrokenPipeError):
        raise  # who reads our output may have seen enough: click ends quietly then
    except Exception as error:  # noqa: BLE001 - drivers raise what they like
        text = (str(error).strip().splitlines() or [""])[0][:300]
        fail(
            f"{what}: {type(error).__name__}: {text} (run `firsthand doctor` to see what is away)",
            EXIT_PROBLEM,
        )
