"""What it means when no whole answer came, in words without addresses or bodies."""

from __future__ import annotations

import requests
from urllib3 import exceptions as urllib3

from rollcall.errors import NetworkFault

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0


def network_fault(error: Exception, what: str, source: str) -> NetworkFault:
    """The error for a call that got no whole answer, as requests or the connections below it tell of it."""
    if isinstance(error, urllib3.MaxRetryError) and error.reason is not None:
        error = error.reason
    match error:
        case requests.exceptions.SSLError() | urllib3.SSLError():
            why = (
                "the TLS certificate was not accepted; check the address and the certificates of this machine"
            )
        case (
            requests.exceptions.ChunkedEncodingError()
            | requests.exceptions.ContentDecodingError()
            | urllib3.DecodeError()
        ):
            why = "the answer was cut short"
        case requests.exceptions.ProxyError() | urllib3.ProxyError():
            why = "the proxy did not let it through; check the proxy settings"
        # Refused is told as a kind of timeout there.
        case urllib3.NewConnectionError():
            why = "the connection failed or was cut; check network and address"
        case requests.exceptions.ConnectTimeout() | urllib3.ConnectTimeoutError():
            why = f"no connection within {CONNECT_SECONDS:.0f} s; check network, proxy and address"
        case requests.exceptions.ReadTimeout() | urllib3.ReadTimeoutError():
            why = f"no data for {READ_SECONDS:.0f} s"
        case requests.exceptions.ConnectionError() | urllib3.ProtocolError() | OSError():
            why = "the connection failed or was cut; check network and address"
        case _:
            why = f"{type(error).__name__}; check the address of the connection"
    return NetworkFault(f"No answer from {source} for {what}: {why}.")
