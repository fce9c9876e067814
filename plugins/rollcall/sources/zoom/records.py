"""Zoom's objects as flat records whose keys are our columns (Zoom API reference, webinars and reports).

Links and passwords that open a webinar are left out here, so that no later step can store them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from rollcall.sources.links import link_of, without_passwords
from rollcall.sources.values import bigint_of, bool_of, int_of, json_of, key_of, stamp_of, text_of

WEBINAR_TYPES = (5, 6, 9)
"""One webinar; recurring without fixed times; recurring at fixed times. Everything else is a meeting."""

Record = dict[str, Any]
_Fields = Mapping[str, tuple[str, Callable[[Any], Any]]]

_SECRET = re.compile(r"password|passcode|start_url|panelist_join_url|token|secret", re.IGNORECASE)

_WEBINAR: _Fields = {
    "uuid": ("uuid", text_of),
    "host_id": ("host_id", key_of),
    "host_email": ("host_email", text_of),
    "topic": ("topic", text_of),
    "type": ("type", int_of),
    "start_time": ("start_time", stamp_of),
    "duration": ("duration", int_of),
    "timezone": ("timezone", text_of),
    "agenda": ("agenda", text_of),
    "zoom_created_at": ("created_at", stamp_of),
    "join_url": ("join_url", link_of),
    "registration_url": ("registration_url", link_of),
    "is_simulive": ("is_simulive", bool_of),
    "is_events_webinar": ("is_events_webinar", bool_of),
    "record_file_id": ("record_file_id", text_of),
    "creation_source": ("creation_source", text_of),
    "occurrences": ("occurrences", json_of),
    "tracking_fields": ("tracking_fields", json_of),
}
_RECURRENCE: _Fields = {
    "recurrence_type": ("type", int_of),
    "recurrence_repeat_interval": ("repeat_interval", int_of),
    "recurrence_weekly_days": ("weekly_days", text_of),
    "recurrence_monthly_day": ("monthly_day", int_of),
    "recurrence_end_times": ("end_times", int_of),
    "recurrence_end_date_time": ("end_date_time", stamp_of),
}
_SETTINGS: _Fields = {
    **{
        name: (name, int_of) for name in ("approval_type", "registration_type", "registrants_restrict_number")
    },
    **{
        name: (name, bool_of)
        for name in (
            "close_registration",
            "registrants_confirmation_email",
            "registrants_email_notification",
            "allow_multiple_devices",
            "show_share_button",
            "enforce_login",
            "meeting_authentication",
            "panelist_authentication",
            "practice_session",
            "hd_video",
            "on_demand",
            "host_video",
            "panelists_video",
            "email_in_attendee_report",
            "post_webinar_survey",
        )
    },
    **{
        name: (name, text_of)
        for name in (
            "authentication_name",
            "audio",
            "auto_recording",
            "email_language",
            "contact_name",
            "contact_email",
            "alternative_hosts",
            "survey_url",
        )
    },
}
_QUESTIONS: _Fields = {
    "question_and_answer_enabled": ("enable", bool_of),
    "allow_anonymous_questions": ("allow_anonymous_questions", bool_of),
}
_REGISTRANT: _Fields = {  # by Zoom's names: most registrants have few of them
    "id": ("registrant_id", key_of),
    "create_time": ("registered_at", stamp_of),
    "custom_questions": ("custom_questions", json_of),
    **{
        name: (name, text_of)
        for name in (
            "email",
            "first_name",
            "last_name",
            "org",
            "job_title",
            "industry",
            "phone",
            "address",
            "city",
            "state",
            "zip",
            "country",
            "no_of_employees",
            "purchasing_time_frame",
            "role_in_purchase_process",
            "comments",
        )
    },
}


def webinar_record(given: Mapping[str, Any]) -> Record | None:
    """A webinar, from a list or from its own page; None without a usable id."""
    number = bigint_of(given.get("id"))
    if number is None:
        return None
    settings = _object(given.get("settings"))
    questions = _object(settings.get("question_and_answer"))
    occurrences = given.get("occurrences")
    used = {source for source, _ in _WEBINAR.values()} | {"id", "settings", "recurrence"}
    rest = {k: v for k, v in given.items() if k not in used}
    rest_of_settings = {
        k: v for k, v in settings.items() if k not in _SETTINGS and k != "question_and_answer"
    }
    if rest_of_settings:
        rest["settings"] = rest_of_settings
    return {
        "zoom_webinar_id": number,
        **_take(given, _WEBINAR),
        **_take(_object(given.get("recurrence")), _RECURRENCE),
        "occurrence_count": len(occurrences) if isinstance(occurrences, list) else None,
        **_take(settings, _SETTINGS),
        **_take(questions, _QUESTIONS),
        "other_fields": json_of(without_secrets(rest)),
    }


def listed_instance(webinar_id: int, given: Mapping[str, Any]) -> Record | None:
    """An entry of a webinar's past instances: UUID and start only."""
    uuid = key_of(given.get("uuid"))
    if uuid is None:
        return None
    return {"zoom_webinar_id": webinar_id, "uuid": uuid, "start_time": stamp_of(given.get("start_time"))}


def is_webinar(given: Mapping[str, Any]) -> bool:
    """Whether an entry of a host's past events is one of a webinar: meetings stand in the same list."""
    return int_of(given.get("type")) in WEBINAR_TYPES


def is_webinar_of_history(given: Mapping[str, Any]) -> bool:
    """The same of the account history, which was asked for webinars alone and tells kinds by name."""
    return (text_of(given.get("type")) or "webinar").lower() == "webinar"


def user_id(given: Mapping[str, Any]) -> str | None:
    """The id of a user of the account."""
    return key_of(given.get("id"))


def history_instance(given: Mapping[str, Any]) -> Record | None:
    """An entry of the account history."""
    return _instance(
        given,
        uuid="meeting_uuid",
        number="meeting_id",
        host="host_email",
        participants="participants",
        minutes="total_participant_minutes",
    )


def reported_instance(given: Mapping[str, Any]) -> Record | None:
    """An entry of a host's past events, or an instance's own report."""
    return _instance(
        given,
        uuid="uuid",
        number="id",
        host="user_email",
        participants="participants_count",
        minutes="total_minutes",
    )


def registrant_record(given: Mapping[str, Any], status: str) -> Record | None:
    """A registrant of the list of that status, without the columns that are empty; without an id the e-mail must stand
    in."""
    record: Record = {"status": status}
    for name, value in given.items():
        if value is None or value == "":
            continue  # most of them
        field = _REGISTRANT.get(name)
        if field is not None and (read := field[1](value)) is not None:
            record[field[0]] = read
    key = record.get("registrant_id") or key_of(record.get("email"))
    return {**record, "registrant_id": key} if key else None


def panelist_record(given: Mapping[str, Any]) -> Record | None:
    """A panelist; without an id the e-mail must stand in."""
    email = text_of(given.get("email"))
    key = key_of(given.get("id")) or key_of(email)
    return {"panelist_id": key, "email": email, "name": text_of(given.get("name"))} if key else None


def without_secrets(value: Any) -> Any:
    """The value without any field whose name speaks of a password, a token or a link that opens the webinar; in other
    texts, the passwords of links become `removed`. None where it is nested too deeply to be looked through."""
    try:
        return _without_secrets(value)
    except RecursionError:
        return None


def _instance(
    given: Mapping[str, Any], *, uuid: str, number: str, host: str, participants: str, minutes: str
) -> Record | None:
    key, webinar_id = key_of(given.get(uuid)), bigint_of(given.get(number))
    if key is None or webinar_id is None:
        return None
    return {
        "zoom_webinar_id": webinar_id,
        "uuid": key,
        "topic": text_of(given.get("topic")),
        "host_email": text_of(given.get(host)),
        "start_time": stamp_of(given.get("start_time")),
        "end_time": stamp_of(given.get("end_time")),
        "duration_minutes": int_of(given.get("duration")),
        "participants_count": int_of(given.get(participants)),
        "unique_viewers": int_of(given.get("unique_viewers")),
        "max_concurrent_views": int_of(given.get("max_concurrent_views")),
        "total_minutes": int_of(given.get(minutes)),
    }


def _take(given: Mapping[str, Any], fields: _Fields) -> Record:
    return {column: read(given.get(source)) for column, (source, read) in fields.items()}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_secrets(v) for k, v in value.items() if not _SECRET.search(k)}
    if isinstance(value, list):
        return [_without_secrets(entry) for entry in value]
    return without_passwords(value) if isinstance(value, str) else value
