"""Write Airflow's login file from AIRFLOW_ADMIN_PASSWORD, then become `airflow api-server`.

Left alone, Airflow would make up a password and print it to the log.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import NoReturn

SHORTEST_PASSWORD = 12


def main() -> NoReturn:
    """Become the API server, or end with code 2 where the password is missing or too short."""
    password = os.environ.pop("AIRFLOW_ADMIN_PASSWORD", "")
    if len(password) < SHORTEST_PASSWORD:
        print(
            f"AIRFLOW_ADMIN_PASSWORD has fewer than {SHORTEST_PASSWORD} characters. "
            'Set a longer one in .env, then run "docker compose up --detach" again.',
            file=sys.stderr,
        )
        sys.exit(2)
    logins = Path(os.environ["AIRFLOW_HOME"]) / "logins.json"
    logins.unlink(missing_ok=True)
    logins.touch(mode=0o600)
    logins.write_text(json.dumps({"admin": password}) + "\n")
    os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"] = str(logins)
    os.execvp("airflow", ["airflow", "api-server"])  # noqa: S606 - a fixed command, and no shell is wanted


if __name__ == "__main__":
    main()
