"""What an id in a path stands for: a number is the latest instance, a UUID must be encoded by the rule."""

from __future__ import annotations

from urllib.parse import unquote

from sandbox.wire import Reply
from sandbox.zoom.refusals import plan_missing, too_old, webinar_gone
from sandbox.zoom.world import Instance, Webinar, World


def needs_double(uuid: str) -> bool:
    """Whether Zoom wants this UUID percent-encoded twice."""
    return uuid.startswith("/") or "//" in uuid


def webinar_by_id(world: World, raw: str) -> Webinar | Reply:
    """A webinar by its number, while the number is alive."""
    key = unquote(raw)
    webinar = world.webinars.get(int(key)) if key.isascii() and key.isdigit() else None
    return webinar_gone(key) if webinar is None or webinar.expired else webinar


def uuid_of(world: World, raw: str) -> str | Reply:
    """The UUID that was meant, or the gateway's answer to one that was encoded wrongly."""
    if "/" in raw:
        return webinar_gone(unquote(raw).removeprefix("/"))
    once = unquote(raw)
    if needs_double(once):
        # The gateway decodes once, takes the slash for a path separator and drops it.
        return webinar_gone(once.replace("/", "", 1))
    return once if once in world.instances else unquote(once)


def instance_by_key(world: World, raw: str) -> Instance | Reply:
    """The past instance a report is asked for, or why it is not to be had."""
    key = unquote(raw)
    if key.isascii() and key.isdigit():
        webinar = webinar_by_id(world, raw)
        if isinstance(webinar, Reply):
            return webinar
        found = webinar.latest()
    else:
        uuid = uuid_of(world, raw)
        if isinstance(uuid, Reply):
            return uuid
        key, found = uuid, world.instances.get(uuid)
    if found is None or found.gap == "gone":
        return webinar_gone(key)
    if found.gap == "too_old":
        return too_old()
    return found if world.webinars[found.webinar_id].host.licensed else plan_missing()
