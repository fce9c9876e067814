"""The trigger forms of the Dags: JSON Schema, so that the form and the REST API refuse what they can."""

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
        # Without a plain `type` the form shows a line for each id; programs may send numbers. With one beyond eight
        # bytes no task would start: Airflow can't hand it over, and tries again and again without a word in the log.
        items={"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}]},
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

MAINTENANCE_PARAMS: dict[str, Param] = {
    "dry_run": Param(
        True,
        type="boolean",
        title="Dry run",
        description_md="Only look: no run is closed, no row is deleted. The self-test always rolls itself back.",
    ),
    "stale_after_minutes": Param(
        60,
        type="integer",
        minimum=1,
        maximum=43_200,
        title="Stale after (minutes)",
        description_md="Runs without a sign of life for so long are closed as failed. Parked runs are left alone.",
    ),
    "cleanup": Param(
        True,
        type="boolean",
        title="Clean up",
        description_md="Delete old runs with what hangs on them, test results and call counts. Never attendance.",
    ),
    "keep_days": Param(
        None,
        type=["null", "integer"],
        minimum=1,
        maximum=36_500,
        title="Keep (days)",
        description_md="How old is old. Empty: as `sync_retention_settings` says for each table.",
    ),
    "self_test": Param(
        True,
        type="boolean",
        title="Self-test",
        description_md="Try the sync on invented people in this database; results stay in `sync_test_results`.",
    ),
}
