"""The fake Calendly as one function from request to reply."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from sandbox.calendly.call import Call, Endpoint, PageRules
from sandbox.calendly.endpoints import find
from sandbox.calendly.faults import BENDING, SPOILING, Fault, refusing, spoil
from sandbox.calendly.limits import Limits, too_many
from sandbox.calendly.oauth import Caller, Grants
from sandbox.calendly.paging import TOKEN_DRAINED, TOKEN_LIFE
from sandbox.calendly.refusals import Refused, not_found, scopes_missing, unauthenticated
from sandbox.calendly.world import World
from sandbox.fault_book import FaultBook
from sandbox.ledger import Ledger
from sandbox.wire import Reply, Request


@dataclass(slots=True)
class Settings:
    """How the sandbox behaves; `latency`, `window` and `token_life` are in seconds.

    `deliver` sends each webhook message at once; without it they wait for an order.
    """

    limits: str = "off"
    window: float = 60.0
    latency: float = 0.0
    token_life: float = TOKEN_LIFE
    token_drained: int = TOKEN_DRAINED
    exclusive: bool = True
    deliver: bool = False


class Calendly:
    """One organization behind HTTP, with its clock, budgets, tokens and open fault orders."""

    def __init__(self, world: World, settings: Settings) -> None:
        self.world = world
        self.settings = settings
        self.faults: FaultBook[Fault] = FaultBook()
        self.ledger = Ledger()
        self.ahead = 0.0
        self._started = time.monotonic()
        self.limits = Limits(settings.limits, settings.window, self.clock)
        self.grants = Grants(self.clock, world, limited=settings.limits != "off")
        self.pages = PageRules(
            secrets.token_bytes(16), settings.token_life, settings.token_drained, settings.exclusive
        )

    def clock(self) -> float:
        """Unix seconds in the world: its now, what has passed since the start, and what tests have added."""
        return self.world.now + time.monotonic() - self._started + self.ahead

    def moment(self) -> int:
        """The same in Unix microseconds."""
        return int(self.clock() * 1_000_000)

    def answer(self, request: Request) -> Reply:
        """Answer a call of the API or of its token endpoint."""
        is_oauth = request.path in {"/oauth/token", "/oauth/revoke"}
        reply = self._oauth(request) if is_oauth else self._api(request)
        reply.delay += self.settings.latency
        self.ledger.statuses[reply.status] += 1
        return reply

    def _strike(self, request: Request) -> Fault | None:
        return self.faults.strike(f"{request.method} {request.target}")

    def _oauth(self, request: Request) -> Reply:
        fault = self._strike(request)
        self.ledger.grant_begins()
        if fault is not None and fault.kind not in SPOILING:
            reply = refusing(fault, self.limits.allowed, "")
        else:
            reply = self.grants.serve(request)
            self.ledger.token_grants += reply.status == 200 and request.path == "/oauth/token"
            reply = reply if fault is None else spoil(fault, reply)
        reply.done = self.ledger.grant_ends
        return reply

    def _api(self, request: Request) -> Reply:
        found = find(request.method, request.path)
        self.ledger.targets[request.target] += 1
        name = f"{found[0].method} {found[0].template}" if found else "unknown"
        self.ledger.endpoints[name] += 1
        caller = self.grants.caller(request)
        if caller is None:
            return unauthenticated()
        user = caller.user.key
        if not self.limits.spend(user):
            return too_many(self.limits.allowed, self.limits.reset_in(user))
        fault = self._strike(request)
        reply = self._judged(request, found, caller, fault)
        if reply.status != 429:
            reply.headers += self.limits.headers(user)
        return reply if fault is None else spoil(fault, reply)

    def _judged(
        self, request: Request, found: tuple[Endpoint, list[str]] | None, caller: Caller, fault: Fault | None
    ) -> Reply:
        scope = found[0].scope if found else ""
        if fault is not None and fault.kind not in SPOILING | BENDING:
            if fault.kind == "token_expired_401":
                self.grants.revoke(request)
            return refusing(fault, self.limits.allowed, scope)
        if found is None:
            return not_found().reply
        endpoint, keys = found
        if not self.grants.has(scope):
            return scopes_missing([scope])
        if fault is not None and fault.kind == "vanish" and keys and keys[0] in self.world.events:
            self.world.events[keys[0]].access = "gone"
        bend = frozenset({fault.kind}) if fault is not None and fault.kind in BENDING else frozenset()
        call = Call(request, self.world, caller.user, self.grants.has, self.moment(), self.pages, bend)
        try:
            return endpoint.answer(call, *keys)
        except Refused as refused:
            return refused.reply
