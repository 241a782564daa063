"""The examples for schedulers take the steps that the command line has, and heed how they end."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests import test_docs

FOLDER = test_docs.DOCS / "how-to" / "schedule"
JOB = "ab" * 16
PROGRAM = """#!/bin/sh
echo "$@" >> calls
echo "progress" >&2
echo "the reason" >&2
[ "$2" = ask ] && echo '{{"receipt": {{"job": "{job}"}}}}' || echo '{{}}'
exit {code}
"""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("steps")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a program in the place of the command line: it writes down its words, and ends so."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def put(code: int) -> None:
        file = tmp_path / "cleanroom"
        file.write_text(PROGRAM.format(job=JOB, code=code))
        file.chmod(0o700)

    put(0)
    return put


def calls() -> list[str]:
    return Path("calls").read_text().splitlines()


NIGHT = [
    "dataset refresh crm --json",
    "job ask room.toml young-gold --yes --json",
    f"job result {JOB} --to postgresql://warehouse/marketing --table young_gold --overwrite --json",
]


def night(steps: ModuleType) -> None:
    steps.refresh("crm")
    job = steps.ask("room.toml", "young-gold")
    steps.save(job, "postgresql://warehouse/marketing", "young_gold")


def test_the_steps_are_commands_that_there_are(
    steps: ModuleType, program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(steps)
    assert calls() == NIGHT
    monkeypatch.setenv("CLEANROOM_HOME", "home")
    for line in NIGHT:
        test_docs.check(f"cleanroom {line}")


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 130])
def test_only_what_could_not_be_reached_is_tried_again(
    steps: ModuleType, program: Any, code: int
) -> None:
    program(code)
    kind = steps.UnreachableError if code == 4 else steps.RefusedError
    with pytest.raises(kind, match=f"job ask ended with {code}: the reason"):
        steps.ask("room.toml", "young-gold")


def test_the_real_program_ends_as_the_steps_expect(
    steps: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setenv("CLEANROOM_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", "long enough")
    with pytest.raises(steps.RefusedError, match="dataset refresh ended with 2: "):
        steps.refresh("crm")


def test_a_night_in_dagster(steps: ModuleType, program: Any) -> None:
    pytest.importorskip("dagster")
    defs = importlib.import_module("dagster_defs")
    assert defs.cleanroom_nightly.execute_in_process().success
    assert calls() == NIGHT
    program(3)
    assert not defs.cleanroom_nightly.execute_in_process(raise_on_error=False).success
    assert len(calls()) == len(NIGHT) + 1  # the first step, once


def test_a_night_in_airflow(steps: ModuleType, program: Any) -> None:
    pytest.importorskip("airflow")
    nightly = importlib.import_module("airflow_dag")
    dag = nightly.cleanroom_nightly()
    after = {name: set(task.downstream_task_ids) for name, task in dag.task_dict.items()}
    assert after == {"refresh": {"ask"}, "ask": {"save"}, "save": set()}
    dag.task_dict["refresh"].python_callable()
    job = dag.task_dict["ask"].python_callable()
    dag.task_dict["save"].python_callable(job)
    assert calls() == NIGHT
    program(3)
    with pytest.raises(nightly.AirflowFailException, match="the reason"):
        dag.task_dict["ask"].python_callable()
    program(4)
    with pytest.raises(steps.UnreachableError):
        dag.task_dict["ask"].python_callable()
