"""The sandbox's own endpoints under /sandbox: faults, counts, truth, edits, webhook messages. They need no
token; Calendly has none of them.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import orjson

from sandbox.calendly.actions import EditError
from sandbox.calendly.application import Calendly
from sandbox.calendly.edits import EDITS
from sandbox.calendly.faults import Fault, FaultOrderError
from sandbox.calendly.refusals import answer
from sandbox.calendly.sender import Sender, Sending
from sandbox.calendly.stamps import iso, moment_of
from sandbox.calendly.subscriptions import Delivery
from sandbox.calendly.truth import truth_of
from sandbox.ledger import Ledger
from sandbox.wire import Reply, Request


class Control:
    """Serves /sandbox/… for one fake Calendly and hands everything else on to it."""

    def __init__(self, calendly: Calendly) -> None:
        self.calendly = calendly
        self.sender = Sender(calendly.moment, calendly.world.rng.shuffle)

    def __call__(self, request: Request) -> Reply:
        """Answer any request to the server."""
        if not request.path.startswith("/sandbox/"):
            return self.calendly.answer(request)
        try:
            return self._control(request)
        except (LookupError, AttributeError) as error:
            return answer({"error": f"the order lacks something or names what is not there: {error}"}, 400)
        except (FaultOrderError, EditError, TypeError, ValueError) as error:
            return answer({"error": str(error)}, 400)

    def _control(self, request: Request) -> Reply:
        calendly = self.calendly
        params = dict(parse_qsl(request.query))
        match request.method, request.path:
            case "GET", "/sandbox/health":
                return answer({"ready": True, "events": len(calendly.world.events)})
            case "POST", "/sandbox/faults":
                orders = orjson.loads(request.body)
                orders = orders if isinstance(orders, list) else [orders]
                calendly.faults.orders += [Fault.ordered(order) for order in orders]
                return answer({"open": len(calendly.faults.orders)})
            case "GET", "/sandbox/faults":
                return answer([{"kind": f.kind, "left": f.times} for f in calendly.faults.orders])
            case "DELETE", "/sandbox/faults":
                calendly.faults.orders.clear()
                return answer({"open": 0})
            case "GET", "/sandbox/calls":
                return answer(calendly.ledger.told())
            case "DELETE", "/sandbox/calls":
                calendly.ledger = Ledger()
                return answer({})
            case "GET", "/sandbox/truth":
                return answer(self._truth(params))
            case "POST", "/sandbox/world":
                return answer(self._edit(orjson.loads(request.body)))
            case "GET", "/sandbox/deliveries":
                return answer([_delivery(each) for each in calendly.world.deliveries])
            case "POST", "/sandbox/send":
                return answer({"batch": self._send(orjson.loads(request.body))})
            case "GET", "/sandbox/batches":
                return answer(self.sender.batches[int(params["batch"])].told())
            case _:
                return answer({"error": f"no {request.method} {request.path}"}, 404)

    def _truth(self, params: dict[str, str]) -> dict[str, Any]:
        world = self.calendly.world
        first = moment_of(params["min_start_time"]) if "min_start_time" in params else 0
        last = moment_of(params["max_start_time"]) if "max_start_time" in params else 1 << 62
        user = params.get("user")
        events = [
            event
            for event in world.between(first, last + 1)
            if user is None or any(host.uri == user for host in event.hosts)
        ]
        return {"now": iso(self.calendly.moment()), **truth_of(world, events)}

    def _edit(self, order: dict[str, Any]) -> dict[str, Any]:
        what, calendly = order.get("do"), self.calendly
        match what:
            case "advance":
                calendly.ahead += float(order["seconds"])
                return {"now": iso(calendly.moment())}
            case "spend":
                return {"spent": calendly.limits.spend(calendly.world.users[0].key, int(order["calls"]))}
            case "grant_scopes":
                calendly.grants.scopes = list(order["scopes"])
                return {"scopes": len(calendly.grants.scopes)}
            case "revoke_tokens":
                calendly.grants.alive.clear()
                return {}
        if what not in EDITS:
            own = ("advance", "spend", "grant_scopes", "revoke_tokens")
            raise EditError(f"do: one of {', '.join((*EDITS, *own))}")
        before = len(calendly.world.deliveries)
        done = EDITS[what](calendly.world, order, calendly.moment())
        made = calendly.world.deliveries[before:]
        if calendly.settings.deliver and made:
            self.sender.send(made, Sending())
        return {**done, "deliveries": [each.number for each in made]}

    def _send(self, order: dict[str, Any]) -> int:
        numbers = order.pop("numbers", None)
        everything = self.calendly.world.deliveries
        if numbers is None:
            chosen = [each for each in everything if self._is_pending(each)]
        else:
            chosen = [everything[number - 1] for number in numbers if 1 <= number <= len(everything)]
        return self.sender.send(chosen, Sending(**order))

    def _is_pending(self, delivery: Delivery) -> bool:
        subscription = delivery.subscription
        alive = self.calendly.world.subscriptions.get(subscription.key) is subscription
        return alive and subscription.state == "active" and not delivery.delivered


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "number": delivery.number,
        "subscription": delivery.subscription.key,
        "event": delivery.event,
        "invitee": delivery.invitee_uri,
        "created_at": iso(delivery.whole_second),
        "delivered": delivery.delivered,
        "statuses": delivery.statuses,
        "body": orjson.loads(delivery.body),
    }
