"""A portal report replayed as API rows: both layouts, and a clear refusal of anything else."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.zoom.report import NotAReportError, read
from sandbox.zoom.report_world import move_by, world_from_file
from sandbox.zoom.truth import people_of
from sandbox.zoom.world import Instance, Webinar, World

ROOT = Path(__file__).resolve().parents[2]

EXAMPLES = ROOT / "sandbox" / "zoom" / "examples"
LAYOUT_2020 = (EXAMPLES / "attendee-report-2020.csv").read_text(encoding="utf-8")
LAYOUT_2025 = (EXAMPLES / "attendee-report-2025.csv").read_text(encoding="utf-8")


def world_of(tmp_path: Path, text: str, now: datetime) -> tuple[World, Webinar, Instance]:
    file = tmp_path / "report.csv"
    file.write_text(text, encoding="utf-8")
    world = world_from_file(file, now.timestamp())
    (webinar,) = world.webinars.values()
    (instance,) = webinar.instances
    return world, webinar, instance


def test_the_2020_layout_becomes_rows_registrants_and_panel(tmp_path: Path) -> None:
    world, webinar, instance = world_of(tmp_path, LAYOUT_2020, datetime(2026, 4, 9, tzinfo=UTC))
    assert (webinar.id, webinar.topic) == (912345678, "Spring, in detail")
    rows = instance.rows.read()
    assert len(rows) == len({row["user_id"] for row in rows}) == 9
    assert {panelist.email for panelist in webinar.panelists} == {
        "jonas@firma.test",
        "pia@firma.test",
        "sten@firma.test",
    }
    assert world.report is not None
    assert [r.status for r in webinar.registrants].count("approved") == world.report["registered"] == 4
    assert [r.status for r in webinar.registrants].count("pending") == 1
    rejoin = next(row for row in rows if row["user_email"] == "OLA@outside.test")
    first = next(row for row in rows if row["user_email"] == "ola@outside.test")
    assert rejoin["registrant_id"] == first["registrant_id"]
    assert (rejoin["join_time"], rejoin["duration"]) == ("2026-03-28T08:05:00Z", 930)
    assert world.report["moved_by_days"] == 0


def test_people_sessions_and_unique_viewers_agree_with_the_head(tmp_path: Path) -> None:
    world, webinar, instance = world_of(tmp_path, LAYOUT_2020, datetime(2026, 4, 9, tzinfo=UTC))
    assert world.report is not None
    people = people_of(instance, webinar)
    assert len(people) == instance.figures.people == 6
    assert {person.role for person in people} == {"host", "panelist", "attendee"}
    approved = {f"registrant_id:{r.id}" for r in webinar.registrants if r.status == "approved"}
    viewers = [person for person in people if approved & set(person.keys)]
    # Zoom's Total Users leaves the host's own connection out.
    assert len(instance.rows) - 1 == world.report["total_users"] == 8
    assert len(viewers) == world.report["unique_viewers"] == instance.figures.unique_viewers == 3
    ola = next(person for person in people if "user_email:ola@outside.test" in person.keys)
    assert (ola.session_count, ola.total_duration, ola.attended_seconds) == (2, 1530, 1230)


def test_the_2025_layout_has_a_bom_other_columns_and_american_dates(tmp_path: Path) -> None:
    world, webinar, instance = world_of(tmp_path, LAYOUT_2025, datetime(2026, 5, 1, tzinfo=UTC))
    assert webinar.id == 88988872034
    assert world.report is not None
    assert world.report["registered"] == 2
    by_name = {row["name"]: row for row in instance.rows.read()}
    assert by_name["Ola B. (Ola Berg)"]["join_time"] == "2026-04-26T10:50:00Z"
    open_end = by_name["Yara Novak"]
    assert (open_end["join_time"], open_end["duration"]) == ("2026-04-26T12:01:00Z", 300)
    assert "leave_time" not in open_end


def test_a_blanked_webinar_number_does_not_stop_a_replay(tmp_path: Path) -> None:
    text = LAYOUT_2020.replace("912-345-678", "--")
    _, webinar, instance = world_of(tmp_path, text, datetime(2026, 4, 9, tzinfo=UTC))
    assert webinar.id > 0
    assert len(instance.rows) == 9


def test_an_old_report_is_moved_to_where_the_api_still_serves_it(tmp_path: Path) -> None:
    now = datetime(2029, 1, 1, 12, tzinfo=UTC)
    world, _, instance = world_of(tmp_path, LAYOUT_2020, now)
    assert world.report is not None
    assert world.report["moved_by_days"] > 365
    assert 7 <= (now.timestamp() - instance.end) / 86_400 < 9
    assert {row["join_time"][11:] for row in instance.rows.read()} >= {"08:00:05Z", "08:20:00Z"}


def test_a_report_from_a_zone_ahead_is_not_in_the_future(tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    file.write_text(LAYOUT_2020, encoding="utf-8")
    now = datetime(2026, 3, 28, 8, 30, tzinfo=UTC).timestamp()
    assert move_by(read(file), now) == -86_400


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2\n",
        LAYOUT_2020.partition("Host Details")[0],
        LAYOUT_2020.replace("Mar 28, 2026", "28. März"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(NotAReportError, match=r"other\.csv is not a Zoom webinar attendee report"):
        read(file)


def test_the_command_line_refuses_it_with_exit_code_2(tmp_path: Path) -> None:
    file = tmp_path / "latin.csv"
    file.write_bytes(b"Topic;Webinar ID\n\xe4\xf6;1\n")
    for path in (file, tmp_path / "missing.csv"):
        command = [sys.executable, "-m", "sandbox.zoom", "--report", str(path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 2
        assert done.stderr.startswith("sandbox: ")
        assert done.stderr.count("\n") == 1
