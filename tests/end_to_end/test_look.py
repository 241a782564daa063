"""Whoever has no room yet looks at both consoles with one command."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.end_to_end.conftest import PASSPHRASE
from tests.end_to_end.stranger import job, write_room, write_stranger
from tests.end_to_end.test_folders_and_signals import descendants
from tests.waits import PATIENCE, wait_for

LINK = re.compile(r"The (brand|platform)'s console: (http://\S+)")


def links(process: subprocess.Popen[str]) -> Iterator[tuple[str, str]]:
    assert process.stderr is not None
    for line in process.stderr:
        found = LINK.search(line)
        if found:
            yield found[1], found[2]


def sign_in(link: str) -> int:
    """Use a link as the page behind it does; return the status of the first page."""
    url, _, ticket = link.partition("?ticket=")
    with httpx.Client(follow_redirects=True, timeout=PATIENCE) as browser:
        return browser.post(url, data={"ticket": ticket}).status_code


def test_both_consoles_open_beside_a_rehearsal_and_end_with_it(tmp_path: Path) -> None:
    write_stranger(tmp_path, 3)
    file = write_room(tmp_path, job("in-all"), 'k_min = 1\nnoise = "none"')
    command = [sys.executable, "-m", "cleanroom.cli", "simulate", str(file), "--look"]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "out")],
        env={**os.environ, "CLEANROOM_PASSPHRASE": PASSPHRASE},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    try:
        found = links(process)
        first = dict([next(found), next(found)])
        assert set(first) == {"brand", "platform"}
        assert [sign_in(url) for url in first.values()] == [200, 200]
        files = {path.name for path in (tmp_path / "out" / "brand" / "files").iterdir()}
        assert files == {file.name, "brand.csv"}, "its own data lies where its console uploads from"
        assert sign_in(first["brand"]) == 401, "it signs in once"
        process.stdin.write("\n")
        process.stdin.flush()
        again = dict([next(found), next(found)])
        assert [sign_in(url) for url in again.values()] == [200, 200]
        started = descendants(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started))
    finally:
        process.terminate()  # it ends what it started; killed, it would leave it running
        process.wait(PATIENCE)
