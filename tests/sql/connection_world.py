"""A database, and a Zoom that rotates tokens as the real one does, for tests of connections."""

from __future__ import annotations

import base64
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import psycopg
import requests
from psycopg import sql

from rollcall.secrets import Keyring
from rollcall.sources.zoom.endpoints import ENDPOINTS
from rollcall.sync import connections
from rollcall.sync.connection_tokens import issue_token
from tests.contract.scripted_server import Reply, ScriptedServer, Seen

SECRET, FIRST_REFRESH = "client-s3cret-value", "refresh-0"
ALL_SCOPES = " ".join(endpoint.granular_scope for endpoint in ENDPOINTS)


@dataclass
class TokenEndpoint:
    """Zoom's token endpoint as it behaves: only the latest refresh token counts."""

    scopes: str = ALL_SCOPES
    seconds: int = 3600
    slowness: float = 0.0
    dead: bool = False
    refresh: str = FIRST_REFRESH
    grants: int = 0
    forms: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, seen: Seen) -> Reply:
        if not seen.path.startswith("/oauth/token"):
            return Reply(body={"users": [], "next_page_token": ""})
        form = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        login = base64.b64decode(seen.headers["authorization"].removeprefix("Basic ")).decode()
        time.sleep(self.slowness)
        with self.lock:
            self.forms.append(form)
            if login != f"app:{SECRET}":
                return Reply(401, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})
            if self.dead or form.get("refresh_token", self.refresh) != self.refresh:
                return Reply(400, {"reason": "Invalid Token!", "error": "invalid_grant"})
            self.grants += 1
            body: dict[str, Any] = {"access_token": f"access-{self.grants}", "token_type": "bearer"}
            body |= {"expires_in": self.seconds, "scope": self.scopes}
            if "refresh_token" in form:
                self.refresh = body["refresh_token"] = f"refresh-{self.grants}"
            return Reply(body=body)


@dataclass
class World:
    """A database, a Zoom, and the keys between them."""

    dsn: str
    db: psycopg.Connection
    zoom: TokenEndpoint
    server: ScriptedServer
    keyring: Keyring

    def add(self, kind: str = "oauth", name: str = "acme", **changes: Any) -> int:
        values: dict[str, Any] = {
            "name": name,
            "account_id": "acc-1",
            "kind": kind,
            "plan": "pro",
            "client_id": "app",
            "client_secret": SECRET,
            "refresh_token": FIRST_REFRESH if kind == "oauth" else None,
            "api_url": self.server.url,
            "oauth_url": self.server.url,
        }
        return connections.add_connection(self.db, self.keyring, **(values | changes))

    def token(self, connection_id: int, **how: Any) -> str:
        with psycopg.connect(self.dsn) as conn, requests.Session() as session:
            return issue_token(conn, connection_id, self.keyring, session, **how).value

    def column(self, name: str, connection: str = "acme") -> Any:
        query = sql.SQL("SELECT {} FROM zoom_connections WHERE name = %s").format(sql.Identifier(name))
        row = self.db.execute(query, (connection,)).fetchone()
        assert row is not None
        return row[0]

    def expire(self) -> None:
        self.db.execute(
            "UPDATE zoom_connections"
            " SET token_expires_at = now() + interval '1 minute', updated_at = now() - interval '59 minutes'"
        )
