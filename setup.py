"""What pyproject.toml cannot say: a wheel carries the built web SDK, since whoever installs it has no checkout.

The scripts are copied into the wheel and never into the source tree, where an old copy would win over a fresh build.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.errors import SetupError

BUILT = Path(__file__).parent / "sdk-js" / "dist"
SERVED = ("manifest.json", "firsthand.js", "banner.js")


class BuildWithSdk(build_py):
    """The packages, and what `collector/routes/sdk.py` serves. An editable install serves the checkout's build."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "collector", "console", "static", "sdk")
        target.mkdir(parents=True, exist_ok=True)
        for name in SERVED:
            if not (BUILT / name).is_file():
                raise SetupError(f"sdk-js/dist/{name} is missing: run `make build` before a wheel is built")
            shutil.copyfile(BUILT / name, target / name)


setup(cmdclass={"build_py": BuildWithSdk})
