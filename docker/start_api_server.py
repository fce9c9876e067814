"""Write Airflow's login file from AIRFLOW_ADMIN_PASSWORD, then become `airflow api-server`.

Left alone, Airflow would make up a password and print it to the log.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main() -> int:
    """Return only where the password is missing or too short; otherwise this process is the API server from here on."""
    password = os.environ.pop("AIRFLOW_ADMIN_PASSWORD", "")
    if len(password) < 12:
        print("AIRFLOW_ADMIN_PASSWORD has fewer than 12 characters. Set a longer one in .env and start again.")
        return 2
    logins = Path(os.environ["AIRFLOW_HOME"]) / "logins.json"
    logins.unlink(missing_ok=True)
    logins.touch(mode=0o600)
    logins.write_text(json.dumps({"admin": password}) + "\n")
    os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"] = str(logins)
    os.execvp("airflow", ["airflow", "api-server"])


if __name__ == "__main__":
    sys.exit(main())
