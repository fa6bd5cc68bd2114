"""One snapshot that takes files away and puts others in their place, beside loaders that go on committing.

For compaction and erasure, which differ in what they call a change. The new files are written before; if they cannot
take their place they belong to no snapshot, and the purge takes them. A compaction that was overtaken too often waits
for the next time. An erasure cannot: it asks loaders to wait (give_way.py).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from warehouse.catalog import CONFLICTS
from warehouse.give_way import until_first

ATTEMPTS: Final = 30
Files = dict[str, DataFile]


class Outrun(RuntimeError):
    """Other writers were faster too often; run it again."""


def replace_files(
    table: Table, old: list[DataFile], new: list[DataFile], summary: dict[str, str],
    there: Callable[[Table], Files] | None = None, data: Path | None = None,
) -> bool:  # fmt: skip
    """Replace `old` by `new`; False if that can no longer be said of the table. Raises Outrun.

    `there`: the files, by path, that must be exactly `old`. Without it, files beside `old` do not matter. `data`: the
    directory whose loaders give way once this was overtaken.
    """
    done = until_first(lambda: _replaced(table, old, new, summary, there), ATTEMPTS, data)
    if done is not None:
        return done
    raise Outrun(f"{table.name()} was overtaken by other writers {ATTEMPTS} times; run it again")


def _replaced(
    table: Table, old: list[DataFile], new: list[DataFile], summary: dict[str, str],
    there: Callable[[Table], Files] | None,
) -> bool | None:  # fmt: skip
    """One attempt; None if it was overtaken."""
    before, after = {file.file_path for file in old}, {file.file_path for file in new}
    table.refresh()
    now = there(table) if there is not None else _all(table)
    paths = now.keys()
    if paths == after if there is not None else after and after <= paths:
        return True  # an earlier attempt landed although its answer was lost
    if paths != before if there is not None else not before <= paths:
        return False
    try:
        transaction = table.transaction()
        with transaction.update_snapshot(summary).overwrite() as swap:
            for path in before:
                swap.delete_data_file(now[path])
            for file in new:
                swap.append_data_file(file)
        transaction.commit_transaction()
    except CONFLICTS:
        return None
    return True


def _all(table: Table) -> Files:
    return {task.file.file_path: task.file for task in table.scan().plan_files()}
