"""Tell whether this machine has what Spark needs: the package, and a Java."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from typing import Final

PACKAGE: Final = "'cleanroom-two-party[spark]'"
OLDEST_JAVA: Final = 17
JAVA: Final = "Install a Java 17 or 21, such as openjdk-17-jre-headless, or set JAVA_HOME."


def java() -> str | None:
    """Return the version of the Java that Spark would start, None if there is none to start."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if program is None:
        return None
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "([0-9][^"]*)"', said.stderr)
    return found[1] if found else None


def is_enough(java_version: str | None) -> bool:
    """Tell whether Spark starts on a Java."""
    return java_version is not None and int(re.split(r"\D", java_version)[0]) >= OLDEST_JAVA


def state() -> tuple[bool, str]:
    """Return whether all is well, and what is there; that Spark is not used is well, too."""
    try:
        package = version("pyspark")
    except PackageNotFoundError:
        return True, f"not used (pip install {PACKAGE})"
    found = java()
    if not is_enough(found):
        return False, f"{package}, and {f'Java {found}' if found else 'no Java'}: {JAVA}"
    return True, f"{package}, Java {found}"
