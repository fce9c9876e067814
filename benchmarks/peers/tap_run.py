"""tap-zoom, pointed at the sandbox: `python -m benchmarks.peers.tap_run as_published|key_mended|mended`.

    as_published   its address changed, nothing else; it asks for webinars by their number
    key_mended     and its key: (webinar_id, id) is no key, `id` is empty for whoever is not signed in; now
                   (webinar_id, user_id, join_time)
    mended         and what makes it complete: pages by next_page_token (it counts page numbers, which the reports
                   do not know, and so reads the first page again and again), and each instance by its UUID, which
                   joins the key

Messages go to stdout. When its first call was made, and what it cost to get there, is written to the file `began`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from singer import metadata
from tap_zoom.client import ZoomClient
from tap_zoom.discover import Schema, discover
from tap_zoom.sync import sync, sync_endpoint, write_schema

from benchmarks.clock import processor_seconds, read_order

STREAM = "report_webinar_participants"


class PagingClient(ZoomClient):
    """A client that turns the tap's page numbers into the tokens that the reports want."""

    _token = ""

    def get(self, path: str, **kwargs: Any) -> Any:
        """One page."""
        params = kwargs["params"]
        page_number = params.pop("page_number")
        params["page_size"] = 300  # a token is bound to it, and the tap changes it after the first page
        params["include_fields"] = "registrant_id"
        if page_number > 1:
            params["next_page_token"] = self._token
        answer = super().get(path, **kwargs)
        self._token = answer["next_page_token"]
        return answer


def catalog_for(variant: str) -> Any:
    """The tap's own catalog with the participants selected."""
    catalog = discover()
    stream = catalog.get_stream(STREAM)
    marks = metadata.to_map(stream.metadata)
    for breadcrumb in marks:
        marks = metadata.write(marks, breadcrumb, "selected", True)
    if variant != "as_published":
        stream.key_properties = ["webinar_id", "user_id", "join_time"]
    if variant == "mended":
        stream.key_properties.append("instance_uuid")
        stream.schema.properties["instance_uuid"] = Schema(type=["string"])
        marks = metadata.write(marks, ("properties", "instance_uuid"), "selected", True)
    stream.metadata = metadata.to_list(marks)
    return catalog


def sync_instances(client: ZoomClient, catalog: Any, order: dict[str, Any]) -> None:
    """The tap's own loop over pages and rows, for one instance after the other."""
    write_schema(catalog.get_stream(STREAM))
    for one in order["lists"]:
        endpoint = {
            "path": f"report/webinars/{one['key']}/participants",
            "pk": catalog.get_stream(STREAM).key_properties,
            "data_key": "participants",
        }
        bag = {"webinar_id": str(one["webinar_id"]), "instance_uuid": one["uuid"]}
        sync_endpoint(client, catalog, {}, [STREAM], [STREAM], STREAM, endpoint, bag)


def main() -> None:
    """Run the tap once."""
    variant = sys.argv[1]
    order = read_order()
    ZoomClient.BASE_URL = order["api_url"] + "/"
    catalog = catalog_for(variant)
    config = {"access_token": order["token"]}
    began = {"began": time.monotonic(), "spent": processor_seconds()}
    if variant == "mended":
        with PagingClient(config, "", dev_mode=True) as client:
            sync_instances(client, catalog, order)
    else:
        with ZoomClient(config, "", dev_mode=True) as client:
            sync(client, catalog, {})
    Path(order["folder"], "began").write_text(json.dumps(began), encoding="utf-8")


if __name__ == "__main__":
    main()
