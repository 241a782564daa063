"""The analyst's and the data owner's journeys, in a real browser."""

from __future__ import annotations

import csv
import io
import json
import secrets

import pytest

from api.console.party import make_ticket
from cleanroom.agent import rooms
from cleanroom.documents.agreement import Grant
from tests.browser.scene import FORMULA, HOSTILE
from tests.waits import wait_for


def text(page) -> str:
    return page.inner_text("main")


def test_a_link_signs_in_once_and_only_where_it_is_for(visit, stage):
    visitor = visit("brand", signed_in=False)
    page = visitor.page
    assert page.goto(visitor.path("/log")).status == 401
    assert "cleanroom console login" in text(page)
    visitor.shoot("signed-out")
    link = stage.link("brand")
    page.goto(link)
    visitor.shoot("sign-in")
    page.click("main button")
    assert "spring-launch" in text(page)
    cookie = visitor.context.cookies()[0]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    page.click("text=Sign out")
    assert page.goto(visitor.path("/log")).status == 401
    for ticket in (link.partition("ticket=")[2], make_ticket(stage.homes["platform"])):
        page.goto(f"{visitor.base}/sign-in?ticket={ticket}")
        with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
            page.click("main button")
        assert answer.value.status == 401
    visitor.wrong.clear()  # the browser notes each 401


def test_rooms_and_what_they_allow(visit):
    visitor = visit("brand")
    visitor.shoot("rooms")
    page = visitor.page
    page.click("main >> text=spring-launch")
    page.wait_for_selector(".tabs")
    visitor.shoot("room")
    for expected in ("10 people", "discrete Gaussian", "3 rho", "0.5 a question", "platform/users"):
        assert expected in text(page)


def test_an_own_report_is_shown_and_the_peers_is_not(visit):
    visitor = visit("brand")
    page = visitor.go("/datasets", "datasets")
    page.click("text=brand/crm")
    page.wait_for_selector("text=Validation report")
    visitor.shoot("dataset")
    assert "901" in text(page) and "Only you can see this." in text(page)
    visitor.go("/datasets")
    page.click("text=platform/users")
    assert "stays with its owner" in text(page)


def test_an_answer_as_sentence_picture_table_and_files(visit, stage):
    visitor = visit("brand")
    page = visitor.go(f"/questions/{stage.answered}", "answer")
    assert "Both sides know about" in page.inner_text("#answer")
    assert page.evaluate("document.querySelector('.picture img').naturalWidth") > 300
    people = page.locator("table.result tbody tr").first.locator("td").first.inner_text()
    assert " to " in people, "an interval stands below each number"
    assert "unit of the file" in page.inner_text("table.result thead").lower()
    base = visitor.path(f"/questions/{stage.answered}/result")
    document = visitor.context.request.get(f"{base}.json").json()
    total = document["total"]["people"]
    assert f"{total:,}" in page.inner_text("#answer")
    rows = list(csv.reader(io.StringIO(visitor.context.request.get(f"{base}.csv").text())))
    assert [row[0] for row in rows if FORMULA in row[0]] == ["'" + FORMULA]
    picture = visitor.context.request.get(f"{base}.svg")
    assert picture.text().startswith("<svg") and "script-src" not in picture.headers
    assert "sandbox" in picture.headers["content-security-policy"]


def test_the_platform_is_not_shown_the_brands_answer(visit, stage):
    visitor = visit("platform")
    page = visitor.go(f"/questions/{stage.answered}", "answer-elsewhere")
    assert "it is not on this machine" in text(page)
    found = visitor.context.request.get(visitor.path(f"/questions/{stage.answered}/result.json"))
    assert found.status == 404


def test_ask_preview_approve_and_follow_to_the_answer(visit, stage):
    """The longest journey: two people, two browsers, hostile labels in the answer."""
    platform, brand = visit("platform"), visit("brand")
    page = platform.go("/approvals", "approvals")
    page.click("main >> text=overlap-by-tier")
    page.wait_for_selector("table.changes")
    platform.shoot("approval")
    changed = page.inner_text("table.changes >> nth=0")
    assert "platform.age_band" in changed and "brand.tier" in changed
    assert "Smallest group" not in changed, "what is as before is folded away"
    page.click("button:has-text('Approve')")
    page.wait_for_selector("#progress")

    page = brand.go(f"/approvals/{stage.waiting}")
    page.click("button:has-text('Approve')")
    page.wait_for_selector("#progress, #answer")
    brand.shoot("progress")
    page.wait_for_selector("#answer")  # the page follows by itself
    page.wait_for_selector("#progress", state="detached")  # and loads no more
    assert HOSTILE in text(page), "a label is text"
    assert page.locator("main img[src='x']").count() == 0
    brand.shoot("answer-hostile")

    page = brand.go("/ask", "ask-choose")
    page.click("main >> text=Profile")
    page.check("input[value='platform.age_band']")
    assert page.locator("button:has-text('Ask')").count() == 0, "what it costs is seen first"
    page.click("summary:has-text('More settings')")
    page.fill("#f-size", "250")
    page.click("button:has-text('Preview')")
    page.wait_for_selector("aside dl")
    brand.shoot("ask-preview")
    preview = page.inner_text("aside")
    for expected in ("0.5 rho", "2 → 1.5 rho", "group of 250", "raw identifiers"):
        assert expected in preview
    assert page.is_checked("input[value='platform.age_band']"), "the form keeps what was given"
    page.click("summary:has-text('More settings')")
    page.fill("[name=rho]", "9")
    page.click("button:has-text('Preview')")
    assert "a job may spend at most 0.5 rho" in page.inner_text("[role=alert]")
    brand.shoot("ask-refused")
    if not page.is_visible("[name=rho]"):
        page.click("summary:has-text('More settings')")
    page.fill("[name=rho]", "0.3")
    page.click("button:has-text('Preview')")
    page.wait_for_selector("aside dl")
    page.click("summary:has-text('More settings')")
    page.fill("[name=rho]", "0.25")
    page.click("button.primary:has-text('Ask')")
    page.wait_for_selector("aside dl")
    assert "0.25 rho" in page.inner_text("aside"), "another question than the previewed one"
    page.click("button.primary:has-text('Ask')")
    page.wait_for_selector("#progress")
    asked = page.url.rpartition("/")[2]
    brand.wrong.clear()  # the browser notes the 422

    platform.page.wait_for_selector("text=it is not on this machine")  # it followed as well
    page = platform.go(f"/approvals/{asked}")
    assert "no question of this kind before" in text(page)
    page.fill("#reason", "Ask our legal team first.")
    page.click("button:has-text('Refuse')")
    page.wait_for_selector("[role=alert]")
    assert "refused-by-person" in text(page)
    brand.page.wait_for_selector("[role=alert]:has-text('refused-by-person')")
    brand.shoot("refused")


def test_the_budget_over_time(visit):
    visitor = visit("brand")
    page = visitor.go("/budget", "budget")
    assert page.evaluate("document.querySelector('.picture img').naturalWidth") > 300
    assert "overlap-by-age" in text(page) and "2.5" in text(page)


def test_without_scripts_everything_but_the_proof_works(visit, stage):
    visitor = visit("brand", java_script_enabled=False)
    page = visitor.go(f"/questions/{stage.answered}")
    assert "Both sides know about" in text(page)
    page = visitor.go("/log/3")
    assert "repeat the check with the command below" in page.inner_html("noscript")
    page = visitor.go("/ask/overlap")
    page.check("input[value='brand.tier']")
    page.click("button:has-text('Preview')")
    assert "→" in page.inner_text("aside")


def test_posts_from_elsewhere_are_refused(visit, stage):
    visitor = visit("brand")
    url = visitor.path(f"/approvals/{stage.answered}")
    request = visitor.context.request
    assert request.post(url, form={"action": "refuse"}).status == 403
    csrf = visitor.page.get_attribute("[name=csrf]", "value")
    form = {"action": "refuse", "csrf": csrf}
    other = {"Origin": "https://elsewhere.example"}
    assert request.post(url, form=form, headers=other).status == 403
    assert request.post(url, form=form, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert request.get(f"{visitor.base}/", headers={"Host": "elsewhere.example"}).status == 403


def test_every_answer_carries_the_headers(visit, stage):
    visitor = visit("brand")
    for path in ("/log", f"/questions/{stage.answered}", "/no-such-page"):
        headers = visitor.context.request.get(visitor.path(path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none';") and "unsafe" not in policy
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"


def test_state_is_plain_json(visit, stage):
    visitor = visit("brand")
    found = visitor.context.request.get(visitor.path(f"/questions/{stage.answered}/state.json"))
    assert json.loads(found.text())["state"] == "SUCCESS"


@pytest.mark.parametrize("name", ["%00", "..%2f..", "%3Cscript%3E", "0" * 32])
def test_a_page_that_does_not_exist_is_a_page(visit, name):
    visitor = visit("brand")
    found = visitor.context.request.get(visitor.path(f"/questions/{name}/result.json"))
    assert found.status == (404 if name.isalnum() else 400)
    assert "Traceback" not in found.text()


def test_an_auditors_own_console_asks_and_approves_nothing(visit, stage):
    visitor = visit("auditor")
    page = visitor.go("")
    tabs = page.inner_text(".tabs")
    assert "Log" in tabs and "Ask" not in tabs and "Approvals" not in tabs
    page = visitor.go(f"/questions/{stage.answered}")
    assert page.inner_text("h1") == "One question in the log"


def test_a_room_is_signed_against_the_one_signed_before(visit, stage):
    brand, client = stage.homes["brand"], stage.client("brand")
    old = rooms.open_room(brand, client, stage.models).agreement  # the last one signed
    policy = old.policy.model_copy(update={"k_min": 25})
    grants = (
        Grant(party="brand", kind="activation", purposes=("autumn campaign",), minimum=2000),
        Grant(party="platform", kind="base-counts"),
    )
    nonce = secrets.token_hex(16)
    fresh = {"nonce": nonce, "name": "autumn-launch", "policy": policy, "grants": grants}
    proposed = rooms.propose(brand, client, old.model_copy(update=fresh))
    visitor = visit("platform")
    page = visitor.page
    assert "Waiting for your signature" in text(page)
    page.click("main >> text=autumn-launch")
    page.wait_for_selector("table.changes")
    visitor.shoot("sign")
    changed = page.inner_text("table.changes >> nth=0")
    assert "Smallest group" in changed and "25 people" in changed and "autumn campaign" in changed
    assert "Privacy budget" not in changed, "what is as before is folded away"
    assert "policy.k_min" in page.locator("table.changes").nth(2).text_content()
    page.click("button:has-text('Sign this agreement')")
    known = stage.homes["platform"]
    wait_for(lambda: any(one["id"] == proposed.identity for one in rooms.known(known)))
    page.goto(f"{visitor.base}/rooms/{proposed.identity}")
    assert "25 people" in text(page) and "Awaiting signatures" in text(page)


ROOM = """
[room]
name = "autumn"
rehearsal = true
templates = ["overlap"]
[policy]
k_min = 10
paillier_bits = 512
[datasets.brand.members]
file = "members.csv"
kind = "audience"
id = { column = "email", profile = "email:uid2:v1" }
labels = ["tier"]
[datasets.platform.users]
file = "elsewhere.csv"
kind = "audience"
id = { column = "email", profile = "email:uid2:v1" }
"""


def test_a_room_is_proposed_and_data_is_sent_without_the_command_line(visit, stage):
    """Files are put into the folder of the console; all else is done in the browser."""
    files = stage.homes["brand"].path / "files"
    files.mkdir(exist_ok=True)
    (files / "autumn.toml").write_text(ROOM)
    people = "".join(f"m{one}@example.com,gold\n" for one in range(40))
    (files / "members.csv").write_text(f"email,tier\n{people}no address,gold\n")
    visitor = visit("brand")
    page = visitor.page
    page.goto(f"{visitor.base}/propose")
    page.click("main >> text=autumn.toml")
    page.set_input_files("#card", stage.homes["platform"].path / "card.json")
    page.click("main button")
    assert page.locator("main").inner_text().count("brand/members") == 2
    visitor.shoot("propose")
    page.click("main form.card button")
    page.wait_for_url("**/rooms/*")
    visitor.room = page.url.rpartition("/")[2]
    other = stage.homes["platform"]
    rooms.sign(other, stage.client("platform"), visitor.room)
    visitor.go("/upload")
    page.click("main >> text=members")
    page.click("text=Check the file")
    page.wait_for_selector("dl.figures")
    assert page.inner_text("dl.figures dd >> nth=1").startswith("40")
    visitor.shoot("upload")
    page.click("text=Encrypt and upload")
    page.wait_for_selector("main [role=status] a.button")
    assert "READY" in {item["state"] for item in stage.client("brand").datasets(visitor.room)}, (
        "it was sealed"
    )
    (files / "autumn.toml").unlink()


def test_models_stand_side_by_side(visit, stage):
    visitor = visit("brand", room=stage.models)
    page = visitor.go(f"/questions/{stage.modelled}", "answer-attribution")
    assert "3 answers differ only in their attribution model" in text(page)
    page.click("text=Compare the models")
    page.wait_for_url("**/models")
    page.wait_for_load_state("load")  # with its picture
    visitor.shoot("models")
    assert page.evaluate("document.querySelector('.picture img').naturalWidth") > 300
    heads = page.locator("table.result thead th").all_inner_texts()
    assert [head.splitlines()[0] for head in heads[1:]] == ["First touch", "Last touch", "Linear"]
    base = visitor.path(f"/questions/{stage.modelled}/models")
    request = visitor.context.request
    rows = list(csv.DictReader(io.StringIO(request.get(f"{base}.csv").text().lstrip("\ufeff"))))
    found = request.get(f"{base}.json").json()
    for one in found:
        name = {"first_touch": "First touch", "last_touch": "Last touch", "linear": "Linear"}[
            one["model"]["model"]
        ]
        told = {row["platform.campaign"]: float(row["conversions"]) for row in rows
                if row["model"] == name}  # fmt: skip
        groups = one["result"]["groups"]
        assert told == {g["key"]["platform.campaign"]: g["conversions"] for g in groups}
        column = heads.index(next(head for head in heads if head.startswith(name)))
        for campaign, conversions in told.items():
            row = page.locator("table.result tbody tr", has_text=campaign)
            shown = row.locator("td").nth(column - 1).inner_text().splitlines()[0]
            assert float(shown.replace(",", "")) == pytest.approx(conversions, abs=0.005)
    assert request.get(f"{base}.svg").text().startswith("<svg")
    asked = page.locator("table.list tbody tr th").all_inner_texts()
    assert asked == ["by-first-touch", "by-last-touch", "by-linear"]
    other = visit("brand")
    answer = other.context.request.get(other.path(f"/questions/{stage.answered}/models"))
    assert answer.status == 404, "an overlap has no models"


def test_spending_is_planned_from_an_answer(visit, stage):
    visitor = visit("brand", room=stage.models)
    page = visitor.go(f"/questions/{stage.modelled}")
    page.click("text=Plan the spend")
    page.wait_for_url("**/plan")
    costs = page.locator("input[name=cost]")
    for at in range(costs.count()):
        costs.nth(at).fill(str(1000 * (at + 1)))
    page.click("button:has-text('Plan the spend')")
    page.wait_for_load_state("load")
    visitor.shoot("plan")
    assert page.evaluate("document.querySelector('.picture img').naturalWidth") > 300
    assert "not its shape" in text(page)
    base = visitor.path(f"/questions/{stage.modelled}/plan")
    query = page.url.partition("?")[2]
    found = visitor.context.request.get(f"{base}.json?{query}").json()
    shown = page.locator("table.result tbody tr")
    for at, group in enumerate(found["groups"]):
        assert f"{group['spend_suggested']:,.2f}" in shown.nth(at).inner_text()
    assert visitor.context.request.get(f"{base}.csv?{query}").text().count("\n") > costs.count()
    wrong = visitor.context.request.get(f"{base}?{query.replace('budget=', 'budget=lots')}")
    assert (wrong.status, "This is not an amount" in wrong.text()) == (422, True)
    other = visit("brand")
    answer = other.context.request.get(other.path(f"/questions/{stage.answered}/plan"))
    assert answer.status == 404, "an overlap has no campaigns"
