"""Health check of a container: exit 0 if the address given answers 200, else 1 and the reason.

Standard library only: it runs every few seconds, and importing Airflow would cost seconds of processor time.
"""

from __future__ import annotations

import sys
import urllib.request


def main(url: str) -> int:
    """Ask `url` once, waiting at most 5 seconds; past any proxy, because the container asks itself."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5):
            return 0
    except OSError as error:  # URLError, HTTPError and a timeout are all of this kind
        print(f"{url}: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
