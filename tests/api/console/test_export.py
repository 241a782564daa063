"""An activated segment is written and read on its own party's console alone."""

from __future__ import annotations

from cleanroom.agent import activation, jobs
from cleanroom.documents.agreement import Grant
from tests.api.console.test_uploads import csrf
from tests.cleanroom.agent.conftest import Place, meeting
from tests.cleanroom.agent.test_job_page import signed_in
from tests.cleanroom.agent.test_question import POLICY
from tests.cleanroom.queries.room import audience

__all__ = ["meeting"]

DATA = {"acme": audience(["a", "b", "c"]), "telco": audience(["b", "c", "d"])}
GRANT = Grant(party="acme", kind="activation", purposes=("spring",), minimum=2)


def test_a_segment_is_written_once_under_a_plain_name(meeting: Place) -> None:
    policy = POLICY.model_copy(update={"approval": "auto"})
    opened = meeting.talk(DATA, templates=("activation",), policy=policy, grants=(GRANT,))
    job = meeting.ask(opened["acme"], "activation", {"purpose": "spring"})
    while opened["acme"].client.job(job)["state"] not in ("SUCCESS", "FAILED", "REFUSED"):
        meeting.work()
        meeting.mediator.worker().run_once()
    page = f"/rooms/{opened['telco'].identity}/questions/{job}"
    assert "Write the file" not in signed_in(meeting, "acme").get(page).text
    browser = signed_in(meeting, "telco")
    shown = browser.get(page).text
    assert "Write the file" in shown, opened["acme"].client.job(job)
    form = {"csrf": csrf(shown)}
    for wrong in ("", "../x.csv", "a/b.csv", ".csv", "x", "x.csv\n.sh", "x" * 90 + ".csv"):
        assert browser.post(f"{page}/segment", data={**form, "file": wrong}).status_code == 422
    for wrong in ("2.5", "-1", "ten", "²"):
        odd = {**form, "file": "x.csv", "expansion": wrong}
        assert browser.post(f"{page}/segment", data=odd).status_code == 422
    assert browser.post(f"{page}/segment", data={"file": "x.txt"}).status_code == 403
    assert browser.post(f"{page}/segment", data={**form, "file": "x.txt"}).status_code == 302
    assert browser.post(f"{page}/segment", data={**form, "file": "x.txt"}).status_code == 409
    found = browser.get(f"{page}/segment/x.txt")
    assert found.text.split() == ["b", "c"] and "attachment" in found.headers["Content-Disposition"]
    assert browser.get(f"{page}/segment/card.json").status_code == 404
    assert "x.txt" in browser.get(page).text
    loaded = jobs.load(opened["telco"], job)
    assert activation.has_segment(loaded)
    assert not (meeting.homes["telco"].path / "segments").stat().st_mode & 0o77
