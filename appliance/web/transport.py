"""How a request came here: over HTTPS, from this machine itself, or in the open, where others on the network could read it."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from appliance.domain.errors import Refusal

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# What a proxy adds; also when nobody told us that there is one.
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
SOMEWHERE = "0.0.0.0"  # noqa: S104  # stands for an address that nobody vouches for; nothing listens there


class HttpsNeeded(Refusal):
    """This opens over a secure connection only. Use the address that begins with https://, or the appliance itself."""


class Proxies:
    """Believes what the proxies on this machine say of a request's origin, and what nobody else says.

    A proxy that the settings do not know of would make every visitor look as if they sat at this machine; what comes through one
    therefore counts as coming from somewhere on the network.
    """

    def __init__(self, application: WSGIApplication, count: int) -> None:
        """Stand before *application*, behind *count* proxies, the nearest of them on this machine (setting web.trusted_proxies)."""
        self._application = application
        # Each proxy adds the address it was called from; whether the whole way was HTTPS, the nearest one tells.
        self._believing = ProxyFix(application, x_for=count, x_proto=1, x_host=0, x_port=0, x_prefix=0) if count else None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if not any(name in environ for name in _FORWARDED):
            return self._application(environ, start_response)
        if not is_local(environ):
            return self._application(environ, start_response)  # whoever speaks to us over the network speaks for themselves
        environ["REMOTE_ADDR"] = SOMEWHERE  # until a proxy that we believe says where
        return (self._believing or self._application)(environ, start_response)


def is_local(environ: WSGIEnvironment) -> bool:
    """Tell whether the request comes from this machine itself."""
    address = environ.get("REMOTE_ADDR", "")
    if address == "127.0.0.1":
        return True
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def in_the_open(environ: WSGIEnvironment) -> bool:
    """Tell whether others on the network could read this: neither HTTPS nor the machine itself (design §7)."""
    return environ["wsgi.url_scheme"] != "https" and not is_local(environ)
