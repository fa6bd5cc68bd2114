"""Writing a file that only its owner may read: keys, all or nothing.

Written beside, synced, then moved or linked into place, so that a crash leaves the old file or the new one. Linking
is for first use: of two workers that start together one wins, and both read its keys.
"""

import contextlib
import os
import secrets
from pathlib import Path


def write_secret(path: Path, content: bytes, replace: bool) -> None:
    """Make `path`, mode 0600, durable. `replace`: over what is there; else what is there stays. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.rename(path)
        else:
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
