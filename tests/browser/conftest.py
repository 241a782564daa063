"""One scene and one browser for all browser tests; they skip where there is no Chromium."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.console.links import write_ticket
from api.console.mediator import MOUNT, audience
from tests.browser.scene import Scene, scene
from tests.waits import PATIENCE

playwright_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = Path(os.environ.get("CLEANROOM_CHROMIUM", "/usr/bin/chromium"))
SHOTS = os.environ.get("CLEANROOM_SCREENSHOTS")
"""Folder for a picture of each page; none are kept without it."""

PICTURES = os.environ.get("CLEANROOM_PICTURES")
"""Folder for the few pictures that the documentation shows (``make pictures``)."""

SHOWN = {
    "models": ("models", 1120),
    "models-questions-one-light": ("answer", 850),
    "sign": ("consent", 995),
    "chain": ("chain", 900),
    "models-questions-one-dark-zh": ("answer-zh", 850),
}
"""Pictures of the documentation by the page that they are of, with their height in pixels."""

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}: apt-get install chromium")
    with playwright_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def stage(browser, tmp_path_factory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("scene")) as made:
        yield made


class Visitor:
    """A browser context that is signed in and notes what must not happen."""

    def __init__(self, context, base: str, room: str) -> None:
        self.context, self.base, self.room = context, base, room
        self.foreign: list[str] = []
        self.wrong: list[str] = []
        self.page = context.new_page()
        self.page.on("request", self._request)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("dialog", self._dialog)

    def _request(self, request) -> None:
        if not request.url.startswith(f"{self.origin}/"):
            self.foreign.append(request.url)

    def _console(self, message) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(message.text)

    def _dialog(self, dialog) -> None:
        self.wrong.append(f"dialog {dialog.message}")
        dialog.dismiss()

    @property
    def origin(self) -> str:
        scheme, _, rest = self.base.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    def path(self, path: str) -> str:
        return f"{self.base}/rooms/{self.room}{path}"

    def go(self, path: str, shot: str | None = None):
        """Open a page of the room, keep its picture, and return it."""
        response = self.page.goto(self.path(path))
        assert response.status == 200, (path, response.status, self.page.inner_text("body"))
        if shot:
            self.shoot(shot)
        return self.page

    def shoot(self, name: str) -> None:
        if SHOTS:
            folder = Path(SHOTS)
            folder.mkdir(parents=True, exist_ok=True)
            self.page.wait_for_load_state("networkidle")
            self.page.screenshot(path=folder / f"{name}.png", full_page=True)
        if PICTURES and name in SHOWN:
            self.page.wait_for_load_state("networkidle")
            called, height = SHOWN[name]
            part = {"x": 0, "y": 0, "width": 1280, "height": height}
            path = Path(PICTURES) / f"{called}.png"
            self.page.screenshot(path=path, full_page=True, clip=part)


@pytest.fixture(scope="session")
def signed() -> dict[tuple[str, bool], dict]:
    """Keep the cookies of each role's first visit: a session is good for more than one test."""
    return {}


@pytest.fixture
def visit(browser, stage: Scene, signed) -> Iterator[Callable[..., Visitor]]:
    """Return a function that signs a role in; what it saw is checked when the test ends."""
    made: list[Visitor] = []

    def sign_in(
        role: str, *, mediator: bool = False, signed_in: bool = True, room: str = "", **options
    ) -> Visitor:
        known = signed.get((role, mediator)) if signed_in else None
        chosen = {"viewport": {"width": 1280, "height": 900}, "storage_state": known, **options}
        context = browser.new_context(**chosen)
        context.set_default_timeout(PATIENCE * 1000)
        base = f"{stage.mediator}{MOUNT}" if mediator else stage.consoles[role]
        visitor = Visitor(context, base, room or stage.room)
        made.append(visitor)
        if known:
            visitor.page.goto(f"{base}/")
        elif signed_in:
            visitor.page.goto(mediator_link(stage, role) if mediator else stage.link(role))
            visitor.page.click("main button")
            visitor.page.wait_for_url(f"{base}/")
            signed[role, mediator] = {"cookies": context.cookies(), "origins": []}
        return visitor

    yield sign_in
    for visitor in made:
        assert visitor.foreign == [], "a page asked somebody else"
        assert visitor.wrong == []
        visitor.context.close()


def mediator_link(stage: Scene, role: str) -> str:
    """Return what ``cleanroom console login --mediator`` prints."""
    home = stage.homes[role]
    key = stage.mediator_key
    ticket = write_ticket(home.signing, audience(key), int(time.time()), secrets.token_bytes)
    return f"{stage.mediator}{MOUNT}/sign-in?ticket={ticket}"
