"""The trigger form as an operator meets it, in a real browser: what it asks, starts, and says when it can't.

Needs a Chromium on this machine; without one these tests are skipped.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Error, Locator, Page, Response, expect, sync_playwright

from rollcall.stack.up import Stack
from tests.end_to_end.stack_operator import CALENDLY_DAG, until

DAG = "zoom_webinar_sync"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
FIELDS = {
    "Connection": "Name of the Zoom connection",
    "Mode": "full goes back as far as Zoom serves. delta reads what ended since the last good run",
    "From": "Only for mode date_range",
    "To": "today at the latest",
    "Webinar ids": "Numbers as Zoom shows them, one a line",
    "Fetch workers": "How many workers fetch at the same time",
}
"""Title of each field, and the beginning or the point of its help text."""


# A mark and not the fixture's own skip: nothing is to be started where there is no browser.
pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason=f"the trigger form needs a browser and there is none of {', '.join(PROGRAMS)}: install chromium",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


class Received:
    """Everything that Airflow sends to the browser as text, by path."""

    def __init__(self, page: Page) -> None:
        self.texts: dict[str, str] = {}
        self._page = page
        self._responses: list[Response] = []
        page.on("response", lambda response: self._responses.append(response))

    def visit(self, path: str, shows: str = "") -> None:
        """Open a page and keep what came for it; the browser forgets that when the next one opens.

        `shows` is the path of what the page is opened for: a busy server may pause before it answers.
        """
        with self._page.expect_response(lambda response: urlsplit(response.url).path.endswith(shows)):
            self._page.goto(path)
        self._page.wait_for_load_state("networkidle")
        self.texts[f"page {path}"] = self._page.content()
        for response in self._responses:
            if response.request.resource_type in ("document", "fetch", "xhr"):
                with suppress(Error):  # redirects and calls that the page broke off have no body
                    self.texts[urlsplit(response.url).path] = response.text()
        self._responses.clear()


@pytest.fixture
def page(chromium: Browser, stack: Stack) -> Iterator[Page]:
    """The Dag's page, as a person sees it who followed a link to it and has logged in."""
    context = chromium.new_context(
        base_url=stack.record.airflow_url, viewport={"width": 1280, "height": 1300}
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(f"/dags/{DAG}")
    page.get_by_label("Username").fill(stack.record.airflow_user)
    page.get_by_label("Password").fill(stack.record.airflow_password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/dags/{DAG}**")
    yield page
    context.close()


def open_form(page: Page) -> Locator:
    page.get_by_role("button", name="Trigger").first.click()
    form = page.get_by_role("dialog")
    expect(form.locator("#element_connection")).to_be_visible()
    return form


def choose_mode(page: Page, form: Locator, shown: str) -> None:
    form.get_by_label("Mode").click()
    page.get_by_role("option", name=shown).click()


def submit(page: Page, form: Locator) -> str:
    """Press the form's button; returns the id of the run whose page opens."""
    form.get_by_role("button", name="Trigger").click()
    page.wait_for_url(f"**/dags/{DAG}/runs/*")
    return unquote(page.url.rpartition("/")[2])


def state_at_the_end(stack: Stack, run: str, seconds: float = 60) -> str:
    deadline = time.monotonic() + seconds
    while (state := stack.rest.run_state(DAG, run)) not in ("success", "failed"):
        assert time.monotonic() < deadline, f"{run} is still {state}"
        time.sleep(0.2)
    return state


def conf_of(page: Page, run: str) -> dict[str, Any]:
    answer = page.request.get(f"/api/v2/dags/{DAG}/dagRuns/{quote(run, safe='')}")
    conf: dict[str, Any] = answer.json()["conf"]
    return conf


def known_webinars(stack: Stack) -> list[str]:
    """Two webinars that the sandbox serves in full."""
    truth = requests.get(f"{stack.record.sandbox_url}/sandbox/truth", timeout=60).json()["instances"]
    ids = {str(i["webinar_id"]) for i in truth.values() if i["gap"] is None and i["late"] is None}
    return sorted(ids)[:2]


def secrets_of(stack: Stack) -> list[str]:
    """What must not be shown: generated keys and passwords, the roles' passwords, the connection's secret."""
    kept = [file.read_text().strip() for file in stack.state.secrets.iterdir() if file.is_file()]
    roles = [urlsplit(dsn).password or "" for dsn in stack.record.dsn.values()]
    found = [secret for secret in [*kept, *roles, "sandbox-secret"] if secret]
    assert len(found) >= 8
    return found


def test_every_field_says_what_it_is_for(page: Page) -> None:
    form = open_form(page)
    for title, help_text in FIELDS.items():
        if title == "Fetch workers":
            form.get_by_role("button", name="Speed").click()
        field = form.get_by_role("group").filter(has_text=re.compile(rf"^{title}"))
        expect(field).to_be_visible()
        expect(field).to_contain_text(help_text)


def test_the_form_waits_for_a_connection_and_offers_no_backfill(page: Page) -> None:
    form = open_form(page)
    expect(form.get_by_role("button", name="Trigger")).to_be_disabled()
    expect(form.get_by_text("This field is required")).to_be_visible()
    expect(form.get_by_role("radio", name="Backfill")).to_be_disabled()
    form.locator("#element_connection").fill("sandbox")
    expect(form.get_by_role("button", name="Trigger")).to_be_enabled()


def test_webinars_typed_as_lines_are_synced(page: Page, stack: Stack) -> None:
    first, second = known_webinars(stack)
    form = open_form(page)
    choose_mode(page, form, "Webinars: by id")
    form.locator("#element_webinar_ids").fill(f"{first}\n{second}")
    form.locator("#element_connection").fill("sandbox")
    run = submit(page, form)
    assert state_at_the_end(stack, run) == "success"
    expect(page.get_by_text("Success").first).to_be_visible()
    conf = conf_of(page, run)
    assert (conf["connection"], conf["mode"]) == ("sandbox", "webinars")
    assert conf["webinar_ids"] == [first, second]
    progress = stack.rest.progress(DAG, run)
    assert progress is not None
    assert progress.status in ("completed", "completed_with_gaps")
    assert progress.rows_fetched > 0


def test_a_refused_run_says_why_on_the_page_of_its_log(page: Page, stack: Stack) -> None:
    form = open_form(page)
    form.locator("#element_connection").fill("nobody")
    run = submit(page, form)
    assert state_at_the_end(stack, run) == "failed"
    page.get_by_role("link", name="discover").last.click()
    sentence = re.compile("There is no connection named 'nobody'.*add it with `rollcall connection add`")
    expect(page.get_by_text(sentence).first).to_be_visible(timeout=30_000)


def test_no_secret_reaches_the_browser(page: Page, stack: Stack) -> None:
    run = stack.rest.trigger(
        DAG, {"connection": "sandbox", "mode": "webinars", "webinar_ids": known_webinars(stack)}
    )
    state_at_the_end(stack, run)
    received = Received(page)
    of_run = f"/dags/{DAG}/runs/{quote(run, safe='')}"
    received.visit("/connections", shows="/api/v2/connections")
    for path in (
        "/xcoms",
        f"/dags/{DAG}/code",
        f"{of_run}/details",
        f"{of_run}/tasks/discover",
        f"{of_run}/tasks/fetch/mapped/0",
    ):
        received.visit(path)
    assert any(path.endswith("/logs/1") for path in received.texts), "the logs were shown"
    assert "/api/v2/connections" in received.texts, "the connections were shown"
    told = "\n".join(received.texts.values())
    assert [secret for secret in secrets_of(stack) if secret in told] == []


def test_calendlys_form_waits_for_a_user_and_starts_a_sync(page: Page, stack: Stack) -> None:
    page.goto(f"/dags/{CALENDLY_DAG}")
    page.get_by_role("button", name="Trigger").first.click()
    form = page.get_by_role("dialog")
    expect(form.locator("#element_user")).to_be_visible()
    expect(form.get_by_role("button", name="Trigger")).to_be_disabled()
    for title, help_text in {"User": "E-mail or id of the user", "To": "also in the future"}.items():
        field = form.get_by_role("group").filter(has_text=re.compile(rf"^{title}"))
        expect(field).to_contain_text(help_text)
    choose_mode(page, form, "Incremental: three months back, six ahead")
    form.locator("#element_user").fill(stack.calendly_user)
    form.get_by_role("button", name="Trigger").click()
    page.wait_for_url(f"**/dags/{CALENDLY_DAG}/runs/*")
    run = unquote(page.url.rpartition("/")[2])
    until(lambda: stack.rest.run_state(CALENDLY_DAG, run) in ("success", "failed"), 60)
    progress = stack.rest.progress(CALENDLY_DAG, run)
    assert progress is not None
    assert (progress.status, progress.meetings["missing"]) == ("completed", 0)
    assert progress.meetings["new"] + progress.meetings["unchanged"] > 20
