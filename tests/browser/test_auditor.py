"""The auditor's journeys: the log, a question's chain, proofs in the browser, the alarm."""

from __future__ import annotations

import json

from cleanroom.audit import proofs


def text(page) -> str:
    return page.inner_text("main")


def test_the_log_is_searched_filtered_and_linked(visit):
    visitor = visit("auditor", mediator=True)
    page = visitor.go("/log?view=entries", "log")
    assert page.locator("table.log tbody tr").count() > 10
    page.select_option("#kind", "job.approve")
    page.select_option("#party", "platform")
    page.click("button:has-text('Filter')")
    page.wait_for_url("**kind=job.approve**")
    kinds = page.locator("table.log tbody tr td:nth-child(3)").all_inner_texts()
    assert set(kinds) == {"job.approve"}
    assert "kind=job.approve" in page.url, "a search can be sent as a link"
    page.goto(visitor.path("/log?q=no-such-thing"))
    assert "No entry in this window matches" in text(page)


def test_what_is_shown_of_a_job_is_its_chain_without_numbers(visit, stage):
    visitor = visit("auditor", mediator=True)
    page = visitor.go("/questions", "mediator-questions")
    page.click("main >> text=overlap-by-age")
    page.wait_for_selector(".chain")
    visitor.shoot("chain")
    steps = page.locator(".chain h2").all_inner_texts()
    assert steps[:4] == ["Asked", "Approved", "Approved", "Released, as digests"]
    assert steps[-1] == "Receipt"
    file = stage.homes["brand"].folder(stage.room, "jobs", stage.answered) / "result"
    result = json.loads(stage.homes["brand"].vault.read(file))
    page_text = page.content()
    for group in result["groups"]:
        assert f"{group['sums']['spend']:.2f}" not in page_text
        assert group["key"]["platform.age_band"] not in page_text


def test_an_entry_is_proven_in_the_browser_and_offline(visit, stage):
    visitor = visit("auditor", mediator=True)
    page = visitor.go("/log/5", "entry")
    page.wait_for_selector("#verdict.good")
    page.wait_for_selector("#signature.good")
    document = visitor.context.request.get(visitor.path("/log/5/proof.json")).json()
    assert proofs.check_entry(document).size > 5
    assert document["mediator_key"] == stage.mediator_key


def test_a_changed_entry_a_wrong_path_and_a_forged_head_are_called_so(visit):
    visitor = visit("auditor", mediator=True)

    def altered(old: str, new: str):
        def handle(route):
            answer = route.fetch()
            assert old in answer.text()
            route.fulfill(response=answer, body=answer.text().replace(old, new, 1))

        return handle

    page = visitor.page
    url = visitor.path("/log/5")
    body = visitor.context.request.get(url).text()
    first = body.partition('<ol class="path" id="path"><li><code>')[2][:8]
    for old, new, where in (
        ("&#34;actor&#34;:&#34;", "&#34;actor&#34;:&#34;x", "#verdict.wrong"),
        (f"<li><code>{first}", f"<li><code>{'0' * 8}", "#verdict.wrong"),
        ('id="note">cleanroom.invalid/', 'id="note">cleanroom.invalid/x', "#signature.wrong"),
        ("— cleanroom.invalid", "— other.invalid", "#signature.wrong"),
    ):
        page.route(url, altered(old, new))
        page.goto(url)
        page.wait_for_selector(where)
        page.unroute(url)


def test_the_alarm_when_a_head_does_not_continue_the_last_one(visit):
    visitor = visit("auditor", mediator=True)
    page = visitor.go("/checkpoint?from=4", "checkpoint")
    page.wait_for_selector("#seen:has-text('First look')")
    page.goto(visitor.path("/checkpoint"))
    page.wait_for_selector("#seen:has-text('Checked in this browser')")
    key = page.evaluate("Object.keys(localStorage).find((one) => one.startsWith('cleanroom-head'))")
    seen = json.loads(page.evaluate("(key) => localStorage.getItem(key)", key))
    for told, sentence in (
        ({"size": seen["size"] - 3, "root": "ab" * 32}, "does not begin with"),
        ({"size": seen["size"] + 100, "root": seen["root"]}, "went back from"),
    ):
        text_of = json.dumps(told)
        page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, text_of])
        page.goto(visitor.path("/log"))
        page.wait_for_selector("#fork-alarm:visible")
        shown = json.loads(page.inner_text("#fork-evidence"))["shown"]
        assert shown.count("\n") == 5, "the signed head is kept as evidence"
        assert sentence in page.inner_text("#fork-detail")
        kept = page.evaluate("(key) => localStorage.getItem(key)", key)
        assert kept == text_of, "a head that does not fit is not remembered"
    visitor.shoot("alarm")


def test_a_head_that_is_not_signed_is_not_remembered(visit):
    visitor = visit("auditor", mediator=True)
    page = visitor.page
    url = visitor.path("/checkpoint")

    def forge(route):
        answer = route.fetch()
        body = answer.text()
        root = body.partition('data-root="')[2][:64]
        route.fulfill(
            response=answer, body=body.replace(f'data-root="{root}', f'data-root="{"ab" * 32}')
        )

    page.route(url, forge)
    page.goto(url)
    page.wait_for_selector("#fork-alarm:visible")
    assert "not signed" in page.inner_text("#fork-detail")
    assert page.evaluate("localStorage.length") == 0


def test_a_grown_log_is_checked_against_every_earlier_size(visit, stage):
    """The browser's own RFC 6962 check, against heads that another implementation computed."""
    visitor = visit("auditor", mediator=True)
    page = visitor.go("/checkpoint")
    page.wait_for_selector("#seen:has-text('First look')")
    key = page.evaluate("Object.keys(localStorage).find((one) => one.startsWith('cleanroom-head'))")
    client = stage.client("brand")
    entries = client.entries(stage.room)
    tree = proofs.Tree(stage.leaves(entries))
    for size in range(1, len(entries), 3):
        told = json.dumps({"size": size, "root": tree.root(size).hex()})
        page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, told])
        page.goto(visitor.path("/checkpoint"))
        page.wait_for_selector(f"#seen:has-text('continues the {size} entries')")


def test_the_report_is_verified_and_exported(visit):
    visitor = visit("auditor", mediator=True)
    for kind in ("html", "md"):
        found = visitor.context.request.get(visitor.path(f"/report.{kind}"))
        assert found.status == 200
        assert "Audit report: spring-launch" in found.text() and "verified" in found.text()
        assert "attachment" in found.headers["content-disposition"]


def test_a_sign_in_and_a_look_leave_entries(visit, stage):
    visitor = visit("platform", mediator=True)
    visitor.go("", "mediator-room")
    client = stage.client("brand")
    last = client.entries(stage.room)[-1]
    assert (last["kind"], last["actor"]) == ("audit.read", "platform")
    assert last["facts"] == {"console": "session"}


def test_a_ticket_for_the_mediator_works_once(visit, stage):
    from tests.browser.conftest import mediator_link

    visitor = visit("brand", mediator=True, signed_in=False)
    link = mediator_link(stage, "brand")
    for status in (302, 401):
        ticket = link.partition("ticket=")[2]
        found = visitor.context.request.post(
            f"{visitor.base}/sign-in", form={"ticket": ticket}, max_redirects=0
        )
        assert found.status == status
    foreign = visitor.context.request.get(f"{visitor.base}/rooms/{'0' * 32}/log")
    assert foreign.status == 404
