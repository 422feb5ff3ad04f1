"""HTTP to an address that was checked, under the name that was asked for. See lodestar.outbound."""

from collections.abc import Callable
from ipaddress import IPv6Address

import httpx

from lodestar.outbound import IpAddress, address

Destination = Callable[[str, int], IpAddress]


class PinnedTransport(httpx.BaseTransport):
    """Connects to what `destination` answers for the URL's host; the Host header and the certificate's name stay.

    Connections are not kept: one to an address shared by two hosts would carry the other's certificate.
    """

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._inner = httpx.HTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises UrlRefused before anything is sent."""
        asked = address(str(request.url))
        found = self._destination(asked.host, asked.port)
        literal = f"[{found}]" if isinstance(found, IPv6Address) else str(found)
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=literal),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": asked.host},
        )
        pinned.headers["host"] = request.url.netloc.decode("ascii")
        return self._inner.handle_request(pinned)

    def close(self) -> None:
        self._inner.close()
