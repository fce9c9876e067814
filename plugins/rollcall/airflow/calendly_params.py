"""The trigger form of calendly_sync: JSON Schema, so that the form and the REST API refuse what they can."""

from __future__ import annotations

from airflow.sdk import Param

from rollcall.sync.calendly.request import DEFAULT_WORKERS, MODES, MOST_WORKERS

CALENDLY_PARAMS: dict[str, Param] = {
    "user": Param(
        type="string",
        minLength=1,
        maxLength=320,
        title="User",
        description_md="E-mail or id of the user, as `rollcall calendly list` shows them.",
    ),
    "mode": Param(
        "auto",
        type="string",
        enum=list(MODES),
        values_display={
            "auto": "Auto: full the first time, incremental from then on",
            "full": "Full: two years back, one year ahead",
            "incremental": "Incremental: three months back, six ahead",
            "date_range": "Date range: from … to",
        },
        title="Mode",
        description_md=(
            "**full** lists two years back and one ahead. **incremental** lists three months back and six ahead; it "
            "reads invitees only where a meeting changed or ended in the last days. **auto** is full until a full "
            "sync has completed, incremental after. **date_range** needs both dates below; other modes take neither."
        ),
    ),
    "from": Param(
        None,
        type=["null", "string"],
        format="date",
        title="From",
        description_md="First day on which meetings start (UTC). Only for mode **date_range**.",
    ),
    "to": Param(
        None,
        type=["null", "string"],
        format="date",
        title="To",
        description_md="Last day (UTC, included), also in the future. Only for mode **date_range**.",
    ),
    "fetch_workers": Param(
        DEFAULT_WORKERS,
        type="integer",
        minimum=1,
        maximum=MOST_WORKERS,
        title="Fetch workers",
        description_md=(
            "How many workers read invitees at the same time. Calendly's limit of calls a minute holds for all of "
            "them together; more than 2 seldom help."
        ),
        section="Speed",
    ),
}
