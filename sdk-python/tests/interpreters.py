"""The Pythons of this machine that a distribution of ours is for."""

import os
import shutil
import sys
from pathlib import Path

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13")


def interpreters() -> dict[str, str]:
    """Version → program: on the path, or where pyenv keeps them."""
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for version in VERSIONS:
        here = sorted(kept.glob(f"{version}.*/bin/python{version}"))
        program = shutil.which(f"python{version}")
        if version not in found and (here or (program and "shims" not in program)):
            found[version] = str(here[-1]) if here else str(program)
    return found
