"""Webinars by their number, while it is alive (Zoom API reference, sections 1.3, 1.4 and 1.12)."""

from __future__ import annotations

from typing import Any

from sandbox.wire import Reply
from sandbox.zoom.call import Call, Endpoint
from sandbox.zoom.ids import webinar_by_id
from sandbox.zoom.paging import listed
from sandbox.zoom.refusals import answer, refusal
from sandbox.zoom.stamps import iso
from sandbox.zoom.world import Panelist, Registrant, Webinar

CLASSIC = "webinar:read:admin"


def _settings(webinar: Webinar) -> dict[str, Any]:
    return {
        "host_video": True,
        "panelists_video": True,
        "approval_type": webinar.approval_type,
        "registration_type": 1,
        "audio": "both",
        "auto_recording": "none",
        "enforce_login": False,
        "panelist_authentication": False,
        "meeting_authentication": False,
        "practice_session": webinar.kind == 9,
        "hd_video": False,
        "on_demand": False,
        "allow_multiple_devices": True,
        "question_and_answer": {"enable": True, "allow_anonymous_questions": True, "answer_questions": "all"},
        "registrants_confirmation_email": True,
        "registrants_email_notification": True,
        "registrants_restrict_number": 0,
        "notify_registrants": True,
        "post_webinar_survey": False,
        "close_registration": True,
        "show_share_button": True,
        "show_join_info": False,
        "contact_name": webinar.host.name,
        "contact_email": webinar.host.email,
        "email_language": "en-US",
        "email_in_attendee_report": True,
        "attendees_and_panelists_reminder_email_notification": {"enable": False, "type": 0},
        "follow_up_attendees_email_notification": {"enable": False, "type": 0},
        "global_dial_in_countries": ["DE", "US"],
        "alternative_hosts": "",
    }


def webinar_detail(call: Call, raw: str) -> Reply:
    """GET /webinars/{id}."""
    webinar = webinar_by_id(call.world, raw)
    if isinstance(webinar, Reply):
        return webinar
    latest = webinar.latest()
    body: dict[str, Any] = {
        "uuid": latest.uuid if latest else "",
        "id": webinar.id,
        "host_id": webinar.host.id,
        "host_email": webinar.host.email,
        "topic": webinar.topic,
        "type": webinar.kind,
        "duration": webinar.planned_minutes,
        "timezone": "Europe/Berlin",
        "agenda": webinar.agenda,
        "created_at": iso(webinar.created),
        "start_url": f"https://zoom.test/s/{webinar.id}?zak=sandbox",
        "join_url": f"https://zoom.test/j/{webinar.id}",
        "is_simulive": False,
        "creation_source": "web_portal",
        "tracking_fields": [{"field": "Team", "value": "Events", "visible": True}],
        "settings": _settings(webinar),
    }
    if webinar.approval_type != 2:
        body["registration_url"] = f"https://zoom.test/webinar/register/{webinar.id}"
    if webinar.kind != 6:
        planned = webinar.occurrences[0] if webinar.occurrences else None
        body["start_time"] = iso(planned or (latest.start if latest else webinar.created))
    if webinar.kind == 9:
        body["recurrence"] = {"type": 2, "repeat_interval": 1, "weekly_days": "3", "end_times": 20}
        body["occurrences"] = [
            {
                "occurrence_id": str(start * 1000),
                "start_time": iso(start),
                "duration": webinar.planned_minutes,
                "status": "available",
            }
            for start in webinar.occurrences
        ]
    return answer(body)


def _registrant(registrant: Registrant) -> dict[str, Any]:
    return {
        "id": registrant.id,
        "email": registrant.email,
        "first_name": registrant.first_name,
        "last_name": registrant.last_name,
        "status": registrant.status,
        "create_time": iso(registrant.created),
        "join_url": f"https://zoom.test/w/{registrant.id}?tk=sandbox",
        "address": "",
        "city": "",
        "country": "",
        "zip": "",
        "state": "",
        "phone": "",
        "industry": "",
        "org": "",
        "job_title": "",
        "purchasing_time_frame": "",
        "role_in_purchase_process": "",
        "no_of_employees": "",
        "comments": "",
        "custom_questions": [{"title": "How did you hear of us?", "value": "A friend"}],
    }


def registrants(call: Call, raw: str) -> Reply:
    """GET /webinars/{id}/registrants: one status at a time, approved unless another is asked for."""
    webinar = webinar_by_id(call.world, raw)
    if isinstance(webinar, Reply):
        return webinar
    if webinar.approval_type == 2:
        return refusal(400, 3000, "Cannot access webinar info: no registration required.")
    status = call.params.get("status", "approved")
    if status not in {"approved", "pending", "denied"}:
        return refusal(400, 300, "Invalid status.")
    own = [registrant for registrant in webinar.registrants if registrant.status == status]
    return listed(call, "registrants", own, _registrant)


def _panelist(panelist: Panelist) -> dict[str, Any]:
    join_url = f"https://zoom.test/w/{panelist.id}?tk=sandbox"
    return {"id": panelist.id, "name": panelist.name, "email": panelist.email, "join_url": join_url}


def panelists(call: Call, raw: str) -> Reply:
    """GET /webinars/{id}/panelists: all at once."""
    webinar = webinar_by_id(call.world, raw)
    if isinstance(webinar, Reply):
        return webinar
    panel = [_panelist(panelist) for panelist in webinar.panelists]
    return answer({"total_records": len(panel), "panelists": panel})


def instances(call: Call, raw: str) -> Reply:
    """GET /past_webinars/{id}/instances: by number only, all at once."""
    webinar = webinar_by_id(call.world, raw)
    if isinstance(webinar, Reply):
        return webinar
    past = [{"uuid": i.uuid, "start_time": iso(i.start)} for i in webinar.instances if i.end <= call.now]
    return answer({"webinars": past})


ENDPOINTS = (
    Endpoint(
        "/v2/webinars/{}/registrants", "Medium", "webinar:read:list_registrants:admin", CLASSIC, registrants
    ),
    Endpoint("/v2/webinars/{}/panelists", "Medium", "webinar:read:list_panelists:admin", CLASSIC, panelists),
    Endpoint(
        "/v2/past_webinars/{}/instances",
        "Light",
        "webinar:read:list_past_instances:admin",
        CLASSIC,
        instances,
    ),
    Endpoint("/v2/webinars/{}", "Light", "webinar:read:webinar:admin", CLASSIC, webinar_detail),
)
