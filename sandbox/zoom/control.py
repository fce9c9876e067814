"""The sandbox's own endpoints under /sandbox: faults, counts, truth, edits. They need no token; Zoom has none
of them.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import orjson

from sandbox.ledger import Ledger
from sandbox.wire import Reply, Request
from sandbox.zoom import truth_file
from sandbox.zoom.application import Zoom
from sandbox.zoom.edits import EDITS, EditError
from sandbox.zoom.faults import Fault, FaultOrderError
from sandbox.zoom.refusals import answer


class Control:
    """Serves /sandbox/… for one fake Zoom and hands everything else on to it."""

    def __init__(self, zoom: Zoom) -> None:
        self.zoom = zoom

    def __call__(self, request: Request) -> Reply:
        """Answer any request to the server."""
        if not request.path.startswith("/sandbox/"):
            return self.zoom.answer(request)
        try:
            return self._control(request)
        except (FaultOrderError, EditError, orjson.JSONDecodeError) as error:
            return Reply(400, [orjson.dumps({"error": str(error)})])

    def _control(self, request: Request) -> Reply:
        match request.method, request.path:
            case "GET", "/sandbox/health":
                return answer({"ready": True, "webinars": len(self.zoom.world.webinars)})
            case "POST", "/sandbox/faults":
                orders = orjson.loads(request.body)
                orders = orders if isinstance(orders, list) else [orders]
                self.zoom.faults.orders += [Fault.ordered(order) for order in orders]
                return answer({"open": len(self.zoom.faults.orders)})
            case "GET", "/sandbox/faults":
                return answer([{"kind": f.kind, "left": f.times} for f in self.zoom.faults.orders])
            case "DELETE", "/sandbox/faults":
                self.zoom.faults.orders.clear()
                return answer({"open": 0})
            case "GET", "/sandbox/calls":
                return answer(self.zoom.ledger.told())
            case "DELETE", "/sandbox/calls":
                self.zoom.ledger = Ledger()
                return answer({})
            case "GET", "/sandbox/truth":
                return self._truth(dict(parse_qsl(request.query)))
            case "GET", "/sandbox/instances":
                return self._instances()
            case "GET", "/sandbox/report":
                return self._report()
            case "POST", "/sandbox/world":
                return answer(self._edit(orjson.loads(request.body)))
            case _:
                return Reply(404, [orjson.dumps({"error": f"no {request.method} {request.path}"})])

    def _truth(self, params: dict[str, str]) -> Reply:
        source = params.get("source", "report")
        if "uuid" not in params:
            return Reply(200, list(truth_file.pieces(self.zoom.world, source=source)))
        instance = self.zoom.world.instances.get(params["uuid"])
        if instance is None:
            raise EditError("uuid: no such instance")
        return answer(truth_file.instance_truth(self.zoom.world, instance, source=source))

    def _instances(self) -> Reply:
        """What a list of participants can be asked for, and how many rows it will have, without the people's truth."""
        return answer(
            [
                {
                    "uuid": i.uuid,
                    "webinar_id": i.webinar_id,
                    "end": i.end,
                    "rows": 0 if i.gap else len(i.rows),
                }
                for i in self.zoom.world.instances.values()
            ]
        )

    def _report(self) -> Reply:
        report = self.zoom.world.report
        if report is None:
            return Reply(404, [orjson.dumps({"error": "this world was not made from a report"})])
        return answer(report)

    def _edit(self, order: dict[str, Any]) -> dict[str, Any]:
        what = order.get("do")
        if what == "grant_scopes":
            self.zoom.grants.scopes = list(order["scopes"])
            return {"scopes": len(self.zoom.grants.scopes)}
        if what == "revoke_tokens":
            self.zoom.grants.alive.clear()
            return {}
        if what not in EDITS:
            raise EditError(f"do: one of {', '.join((*EDITS, 'grant_scopes', 'revoke_tokens'))}")
        return EDITS[what](self.zoom.world, order, self.zoom.clock())
