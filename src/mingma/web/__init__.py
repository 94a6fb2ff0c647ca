"""Pages for people: each parses a request, calls one flow and renders; nothing here decides.

Chinese first, English whole; no third party is asked for anything; everything but the drawn QR code
works without a script. `web_handlers` is what an app mounts, `error_page` what it answers a browser
with where no page is found or something failed.
"""

from __future__ import annotations

from litestar import Router
from litestar.handlers import BaseRouteHandler

from mingma.web.errors import error_page
from mingma.web.routes import web_routes


def web_handlers() -> list[Router | BaseRouteHandler]:
    """The handlers of all pages; they find the running instance in `app.state.instance`."""
    return web_routes()


__all__ = ["error_page", "web_handlers"]
