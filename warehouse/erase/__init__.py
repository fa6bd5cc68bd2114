"""Erase people from the tables so that their bytes are gone, and prove it.

Deleting rows in Iceberg deletes nothing: the old files stay below older snapshots, expiring snapshots takes them out of
the metadata only, manifests may hold values as bounds, and a bucket with versions keeps what was deleted. So:

    suppress   nobody's late event brings them back                                   (suppress.py; the caller, first)
    drain      what lay in the spool before that is loaded, or known to be elsewhere
    rewrite    files that hold their rows are written anew without them               (rewrite.py)
    expire     every snapshot but the newest leaves the metadata
    purge      what only those snapshots needed is deleted: data, manifests, manifest
               lists, old metadata, and on S3 every version of it                     (remove.py)
    scan       every object of the table is read, unpacked, and searched for every
               form of every identifier; a hit starts the round again                 (scan.py)

Each step is found done when it is done again, and what must survive a kill -9 is written down before it is acted on
(job.py). A loader may run beside it: its commits go through the same conflict loop, and files of a commit that is under
way are never candidates, because only files that some snapshot had needed are deleted.
"""

from warehouse.erase.job import Job
from warehouse.erase.run import Erasure, ErasureError, erase, find
from warehouse.erase.target import Target

__all__ = ["Erasure", "ErasureError", "Job", "Target", "erase", "find"]
