"""A Zoom connection and a Calendly user of the same number: neither disturbs the other."""

from __future__ import annotations

import threading

from sandbox.zoom.harness import Sandbox
from tests.sync.calendly_runner import CalendlyRunner
from tests.sync.calendly_truth import assert_truth as assert_calendly
from tests.sync.calendly_truth import window_of
from tests.sync.conftest import StartCalendly
from tests.sync.runner import Runner
from tests.sync.truth import assert_truth as assert_zoom


def both(start_calendly: StartCalendly, zoom_sandbox: Sandbox) -> tuple[Runner, CalendlyRunner]:
    calendly = start_calendly("demo")
    zoom = Runner(calendly.dsn, zoom_sandbox)
    ids = zoom.rows("SELECT z.id AS zoom, u.id AS calendly FROM zoom_connections z, users u")
    assert ids == [{"zoom": 1, "calendly": 1}]
    return zoom, calendly


def test_runs_side_by_side_keep_their_own_state_gaps_and_ends(start_calendly: StartCalendly) -> None:
    with Sandbox("seed", "--scale", "0.3") as zoom_sandbox:
        zoom, calendly = both(start_calendly, zoom_sandbox)
        calendly.calendly.fault("404", match="/invitees", after=4)
        zoom_run, calendly_run = zoom.open(), calendly.open()
        active = calendly.rows(
            "SELECT source, connection_id FROM sync_runs WHERE status = 'running' ORDER BY source"
        )
        assert active == [{"source": "calendly", "connection_id": 1}, {"source": "zoom", "connection_id": 1}]

        def sync_zoom() -> None:
            zoom.discover(zoom_run)
            zoom.fetch(zoom_run)
            zoom.store(zoom_run)

        other = threading.Thread(target=sync_zoom)
        other.start()
        calendly.discover(calendly_run)
        calendly.fetch(calendly_run)
        assert calendly.finish(calendly_run) == "completed_with_gaps"
        other.join(60)
        assert zoom.run(zoom_run)["status"] == "running"
        assert zoom.finish(zoom_run) == "completed"
        assert zoom.run(zoom_run)["gaps"] == 0
        assert_zoom(zoom)
        assert calendly.sync(mode="full")["status"] == "completed"
        assert_calendly(calendly, **window_of(calendly, calendly_run))


def test_a_mark_of_zoom_is_no_sync_of_calendly_and_the_other_way_round(start_calendly: StartCalendly) -> None:
    with Sandbox("empty") as zoom_sandbox:
        zoom, calendly = both(start_calendly, zoom_sandbox)
        assert zoom.sync()["status"] == "completed"
        assert calendly.user()["calendly_initial_sync_complete"] is False
        state = calendly.rows("SELECT * FROM sync_state")
        assert calendly.sync()["status"] == "completed"
        assert calendly.rows("SELECT * FROM sync_state") == state
        assert calendly.sync()["mode"] == "incremental"
