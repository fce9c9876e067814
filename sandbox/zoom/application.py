"""The fake Zoom as one function from request to reply."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from itertools import count

from sandbox.fault_book import FaultBook
from sandbox.ledger import Ledger
from sandbox.wire import Reply, Request
from sandbox.zoom.call import Call, Endpoint
from sandbox.zoom.endpoints import ALL_SCOPES, find
from sandbox.zoom.faults import BENDING, SPOILING, Fault, refusing, spoil
from sandbox.zoom.limits import Limits
from sandbox.zoom.oauth import Grants
from sandbox.zoom.paging import TOKEN_LIFE, Mark, mark_of
from sandbox.zoom.refusals import refusal, scopes_missing, token_rejected
from sandbox.zoom.world import World


@dataclass(slots=True)
class Settings:
    """How the sandbox behaves; `latency` and `token_life` are in seconds."""

    limits: str = "off"
    latency: float = 0.0
    token_life: float = TOKEN_LIFE


class Zoom:
    """One Zoom account behind HTTP, with its clock, budgets, tokens and open fault orders."""

    def __init__(self, world: World, settings: Settings) -> None:
        self.world = world
        self.settings = settings
        self.faults: FaultBook[Fault] = FaultBook()
        self.ledger = Ledger()
        self.limits = Limits(settings.limits, self.clock)
        self.grants = Grants(self.clock, list(ALL_SCOPES))
        self._started = time.monotonic()
        self._secret = secrets.token_bytes(16)
        self._numbers = count(1)

    def clock(self) -> float:
        """Unix seconds in the world: its now, and what has passed since the start."""
        return self.world.now + time.monotonic() - self._started

    def answer(self, request: Request) -> Reply:
        """Answer a call of the API or of its token endpoint."""
        reply = self._token(request) if request.path == "/oauth/token" else self._api(request)
        reply.delay += self.settings.latency
        reply.headers.append((b"x-zm-trackingid", b"WEB_%032x" % next(self._numbers)))
        self.ledger.statuses[reply.status] += 1
        return reply

    def _token(self, request: Request) -> Reply:
        fault = self.faults.strike(request.target)
        self.ledger.grant_begins()
        if fault is not None and fault.kind not in SPOILING:
            reply = refusing(fault, self.clock(), "Light", "")
        else:
            reply = self.grants.grant(request)
            self.ledger.token_grants += reply.status == 200
            reply = reply if fault is None else spoil(fault, reply)
        reply.done = self.ledger.grant_ends
        return reply

    def _api(self, request: Request) -> Reply:
        found = find(request.path)
        self.ledger.targets[request.target] += 1
        self.ledger.endpoints[found[0].template if found else "unknown"] += 1
        if not self.grants.accepts(request):
            return token_rejected()
        if found is None or request.method != "GET":
            return refusal(404, 2300, "This API endpoint is not recognized.")
        endpoint, raw_id = found
        reply = self.limits.refuse(endpoint.label)
        if reply is not None:
            return reply
        fault = self.faults.strike(request.target)
        if fault is not None and fault.kind not in SPOILING | BENDING:
            if fault.kind == "token_expired_401":
                self.grants.revoke(request)
            return refusing(fault, self.clock(), endpoint.label, endpoint.scope)
        if not {endpoint.scope, endpoint.classic} & set(self.grants.scopes):
            return scopes_missing([endpoint.classic, endpoint.scope])
        reply = self._served(request, endpoint, raw_id, fault)
        reply.headers += self.limits.headers(endpoint.label)
        return reply if fault is None else spoil(fault, reply)

    def _served(self, request: Request, endpoint: Endpoint, raw_id: str, fault: Fault | None) -> Reply:
        bend = frozenset({fault.kind}) if fault is not None and fault.kind in BENDING else frozenset()
        call = Call(request, self.world, self.clock(), self._secret, self.settings.token_life, bend)
        reply = endpoint.answer(call, raw_id)
        mark = mark_of(call)
        if reply.status == 200 and isinstance(mark, Mark):
            asked = "&".join(f"{k}={v}" for k, v in sorted(call.params.items()) if k != "next_page_token")
            self.ledger.pages[f"{request.path}?{asked} page {mark.page} row {mark.row}"] += 1
        return reply
