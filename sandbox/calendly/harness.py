"""The fake Calendly as a context manager, for tests and benchmarks.

    with Sandbox("demo", "--limits", "free") as calendly:
        booked = calendly.edit("book", event_type="Group onboarding", count=1)
        calendly.edit("cancel", invitee=booked["invitee"], reason="Ill")
        calendly.fault("page_token_invalid", match="/scheduled_events\\?", after=1)
        calendly.get("/scheduled_events", organization=calendly.organization).json()["collection"]
        calendly.calls()["endpoints"]["GET /scheduled_events/{}/invitees"]
        calendly.truth()["counts"]

Profiles: `demo` (some 60 events), `seed` (some 3,000 over three years), `empty`. Options are those of
`python -m sandbox.calendly --help`, as words after the profile.

URIs are keys and begin with https://api.calendly.com whatever the port: a client takes the last segment of a
URI and puts it behind its own base. Only `next_page` names the address that was called.

Webhooks: subscribe through the API (or `subscribe`), let something happen with `edit`, look at `deliveries`,
and `send` them. Only what a subscription hears after it was made becomes a message.
"""

from __future__ import annotations

import time
from typing import Any

import requests

from sandbox.calendly.oauth import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TOKEN
from sandbox.running import RunningSandbox, SandboxStartError

__all__ = ["Sandbox", "SandboxStartError"]


class Sandbox(RunningSandbox):
    """A running fake Calendly.

    `fault(kind, match=…, times=1, after=0, seconds=…, headers=True, scopes=[…], status=200)`: kinds are 429,
    500, 502, 503, 504, 424, 400, 404, role_missing, scope_missing, upgrade_needed, token_expired_401 (revokes the
    token), invalid_grant, page_token_invalid, html_body, drop, slow, cut_body, broken_json, no_wrapper,
    lone_surrogate, odd_row, repeat_page, empty_page, vanish. `match` is searched in "METHOD /path?query".

    `edit(what, …)` takes URIs or keys and returns URIs and the numbers of the `deliveries` that it made:
    - book(event_type="Intro call" | event=…, start=…, count=1, email=…, name=…, host=…)
    - cancel(invitee=… | event=…, by="invitee"|"host", reason=…)
    - reschedule(invitee=…, start=… | to_event=…): `invitee`, `event`, `old_invitee`, `old_event`
    - delete(event=…): no list has it any more, GET gives 404; lose_access: 403; regain_access
    - mark_no_show, unmark_no_show, edit_answers(answers=[…]): the invitee's `updated_at` moves, the event's
      only with moves_event=True, since nobody knows
    - push_location(event=…), edit_event(event=…, name=…, notes=…, host=…)
    - set_role(role="user"): the token's owner sees the organization no more; user=… for another
    - disable_subscription(), advance(seconds=…) moves the organization's clock, spend(calls=…) takes from the
      owner's rate limit, grant_scopes(scopes=[…]), revoke_tokens()

    `calls()["endpoints"]` counts by "METHOD /path/{}", `["targets"]` by the path and query as sent.
    """

    module = "sandbox.calendly"
    _organization = ""

    @property
    def api_url(self) -> str:
        """The API's address: Calendly's has no version in it."""
        return self.base

    @property
    def oauth_url(self) -> str:
        """The token endpoint."""
        return f"{self.base}/oauth/token"

    @property
    def organization(self) -> str:
        """The organization's URI."""
        if not self._organization:
            self._organization = self.truth()["organization"]
        return self._organization

    def grant(self, **changes: str) -> requests.Response:
        """Ask for an access token with the first refresh token; `changes` replace or add form fields."""
        form = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN, **changes}
        client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return self._session.post(self.oauth_url, data=client | form, timeout=60)

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Send `body` as JSON, or nothing, as the owner. `path` may be a URI."""
        return self._request(method, path, TOKEN, {}, body)

    def get(self, path: str, /, **params: str | int) -> requests.Response:
        """GET as the owner; `path` may be a URI."""
        return self.get_as(TOKEN, path, **params)

    def get_as(self, token: str, path: str, /, **params: str | int) -> requests.Response:
        """GET with another token; `oauth.MEMBER_TOKEN` is a plain member's."""
        return self._request("GET", path, token, params)

    def _request(
        self, method: str, path: str, token: str, params: dict[str, str | int], body: Any = None
    ) -> requests.Response:
        address = self.base + path.removeprefix("https://api.calendly.com")
        headers = {"Authorization": f"Bearer {token}"}
        return self._session.request(method, address, params=params, headers=headers, json=body, timeout=60)

    def truth(self, **window: str) -> dict[str, Any]:
        """What a sync must hold, as it is now: `counts`, `events` with their invitees, `chains`, `users`,
        `event_types`, `now`. `window`: min_start_time and max_start_time (both inclusive, ISO 8601), user (URI).
        """
        told: dict[str, Any] = self._control("GET", "truth", **window)
        return told

    def subscribe(self, url: str, key: str | None, events: list[str] | None = None) -> str:
        """Make an organization-wide subscription that signs with `key`; its URI."""
        body = {
            "url": url,
            "events": events or ["invitee.created", "invitee.canceled"],
            "organization": self.organization,
            "scope": "organization",
            **({} if key is None else {"signing_key": key}),
        }
        made = self.call("POST", "/webhook_subscriptions", body)
        made.raise_for_status()
        return str(made.json()["resource"]["uri"])

    def deliveries(self) -> list[dict[str, Any]]:
        """All webhook messages made so far: number, subscription, event, invitee, created_at, delivered,
        statuses, body (parsed).
        """
        told: list[dict[str, Any]] = self._control("GET", "deliveries")
        return told

    def send(self, numbers: list[int] | None = None, **how: Any) -> list[dict[str, Any]]:
        """Send messages over HTTP and wait for all: each with number, event, invitee, status (0: no answer) and
        seconds, in the order the answers came. Without `numbers` those that no 2xx was given for yet.

        `how`, all optional:
        - url: instead of the subscription's own
        - sequence: "made", "reversed", "shuffled"; times=2 sends each twice; at_once=100 is how many together
        - age: seconds by which `t` lies in the past (negative: in the future)
        - signed: "good", also right are "spaced" and "two"; wrong are "none", "wrong", "other_key", "body_only",
          "no_time", "no_v1", "garbage"; key signs with another key than the subscription's
        - body: "whole", "bare" (no scheduled_event), "broken" (half), "oversized" (to `size` bytes), "empty",
          "foreign" (an unknown kind of event), "not_object", "no_uri"; always signed as sent

        Only messages as Calendly makes them count for the subscription: one that fails 24 hours after the first
        failure (`edit("advance", seconds=…)`) disables it. A disabled one makes no messages and sends none.
        """
        order = how if numbers is None else {**how, "numbers": numbers}
        batch = str(self._control("POST", "send", order)["batch"])
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            told = self._control("GET", "batches", batch=batch)
            if told["done"]:
                sent: list[dict[str, Any]] = told["sent"]
                return sent
            time.sleep(0.005)
        raise TimeoutError("the receiver did not answer all messages within two minutes")
