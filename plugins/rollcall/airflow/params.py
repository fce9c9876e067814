"""The trigger form of zoom_webinar_sync: JSON Schema, so that the form and the REST API refuse what they can."""

from __future__ import annotations

from airflow.sdk import Param

from rollcall.sync.request import DEFAULT_WORKERS, MODES, MOST_WORKERS

SYNC_PARAMS: dict[str, Param] = {
    "connection": Param(
        type="string",
        minLength=1,
        maxLength=63,
        title="Connection",
        description_md="Name of the Zoom connection, as `rollcall connection list` shows it.",
    ),
    "mode": Param(
        "delta",
        type="string",
        enum=list(MODES),
        values_display={
            "full": "Full: everything that Zoom still serves",
            "delta": "Delta: what is new since the last good run",
            "date_range": "Date range: from … to",
            "webinars": "Webinars: by id",
        },
        title="Mode",
        description_md=(
            "**full** goes back as far as Zoom serves. **delta** reads what ended since the last good run, with three "
            "days of overlap, and all that was not complete yet (the first delta is a full one). **date_range** needs "
            "both dates below, **webinars** needs ids below; other modes take neither."
        ),
    ),
    "from": Param(
        None,
        type=["null", "string"],
        format="date",
        title="From",
        description_md="First day (UTC). Only for mode **date_range**.",
    ),
    "to": Param(
        None,
        type=["null", "string"],
        format="date",
        title="To",
        description_md="Last day (UTC, included), today at the latest. Only for mode **date_range**.",
    ),
    "webinar_ids": Param(
        [],
        type=["null", "array"],
        # Without a plain `type` the form shows a line for each id; programs may send numbers.
        items={"anyOf": [{"type": "string"}, {"type": "integer"}]},
        title="Webinar ids",
        description_md="Numbers as Zoom shows them, one a line, with or without spaces. Only for mode **webinars**.",
    ),
    "fetch_workers": Param(
        DEFAULT_WORKERS,
        type="integer",
        minimum=1,
        maximum=MOST_WORKERS,
        title="Fetch workers",
        description_md=(
            "How many workers fetch at the same time. Zoom's limits hold for all of them together; more than 4 helps "
            "on Business plans only."
        ),
        section="Speed",
    ),
}
