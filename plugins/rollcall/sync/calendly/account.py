"""One user's Calendly as a task of a run meets it: a session on the run and a paced client."""

from __future__ import annotations

from contextlib import ExitStack

from rollcall.errors import SetupError
from rollcall.sources.calendly.client import CalendlyClient
from rollcall.store import limits
from rollcall.store.users import CalendlyUser, read_user
from rollcall.sync.calendly.tokens import must_be_active, token_source
from rollcall.sync.run_session import Resources, RunSession


class CalendlyAccount(RunSession):
    """A run's view of its user's Calendly; a context manager that closes what it opened."""

    def __init__(self, resources: Resources, run_id: int) -> None:
        super().__init__(resources, run_id)
        with ExitStack() as opened:
            opened.callback(super().close)
            self.user = self._read_user()
            self.client = CalendlyClient(
                resources.session_factory,
                self.user.calendly_api_url,
                token_source(resources, self.user, self.policies),
                self._throttle,
                self._note_limits,
                self.policies,
                sleep=self.sleep,
                on_wait=self.name_wait,
            )
            opened.pop_all()

    def close(self) -> None:
        """Close the client and both database connections."""
        self.client.close()
        super().close()

    def _read_user(self) -> CalendlyUser:
        user = read_user(self.conn, self.run.connection_id)
        if user is None:
            raise SetupError(f"User {self.run.connection_id} of run {self.run_id} is gone: connect it again.")
        must_be_active(user)
        return user

    def _throttle(self) -> None:
        while (wait := limits.take_calendly_call(self.pace, self.user.id)) > 0:
            self.name_wait(wait, "Waiting for Calendly's limit of calls a minute")
            self.sleep(wait)

    def _note_limits(self, limit: int | None, remaining: int | None, reset_seconds: float | None) -> None:
        limits.note_calendly_limits(self.pace, self.user.id, limit, remaining, reset_seconds)
