# Copyright 2026 movenet_ros contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
The HTTP server of the page: three addresses, GET alone, for programs of this machine alone.

A page asks for one image after the other instead of receiving an endless stream: so it is never
behind, a slow one slows nobody else, and browsers open no more than six connections to a server,
which three pages with two streams each would use up.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
import json
from socketserver import ThreadingTCPServer
import sys
from typing import Any
from typing import Protocol
from urllib.parse import parse_qs
from urllib.parse import urlsplit

from movenet_ros.core.errors import StartError
from movenet_ros.tools.view.newest_image import Picture

ADDRESS = '127.0.0.1'
NAMES = (ADDRESS, 'localhost')
DEFAULT_PORT = 8080
WAIT_S = 1.0  # for the next image
SILENT_S = 10.0  # after that, a connection is closed
SAFE = {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; script-src 'unsafe-inline'; style-src"
    " 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
}


class Source(Protocol):
    """Where images and the rest come from: :class:`movenet_ros.tools.view.viewer.Viewer`."""

    def picture(self, other_than: int, wait_s: float) -> Picture | None:
        """Return the newest image, or None if no other one comes."""

    def state(self) -> dict[str, Any]:
        """Return what is shown beside the image."""


class PageServer(ThreadingTCPServer):
    """
    Serves the page on the loopback address, a thread for each connection.

    :param port: None takes the usual one, or a free one where that is taken.
    :raises StartError: if the port is taken.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False  # a request may wait
    request_queue_size = 64
    source: Source

    def __init__(self, port: int | None) -> None:
        self.page = files(__package__).joinpath('page.html').read_bytes()
        try:
            super().__init__((ADDRESS, DEFAULT_PORT if port is None else port), Handler)
        except OSError as error:
            if port is not None:
                raise StartError(
                    f'cannot listen on port {port}: {error.strerror}: give --port another one, or'
                    ' leave it out for a free one'
                ) from error
            super().__init__((ADDRESS, 0), Handler)

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return f'http://{ADDRESS}:{self.server_address[1]}'

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a page that was closed while it was being answered."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Answers one page; methods other than GET do not exist."""

    protocol_version = 'HTTP/1.1'
    timeout = SILENT_S
    server: PageServer

    def do_GET(self) -> None:
        """Answer a request, if it comes from our own page."""
        path, query = urlsplit(self.path)[2:4]
        answer = ANSWERS.get(path)
        if not self._is_for_us():
            self._send(HTTPStatus.FORBIDDEN, f'the page is at {self.server.url}'.encode())
        elif answer is None:
            self._send(HTTPStatus.NOT_FOUND, f'the page is at {self.server.url}'.encode())
        else:
            answer(self, query)

    def page(self, query: str) -> None:
        """Answer with the page."""
        self._send(HTTPStatus.OK, self.server.page, 'text/html; charset=utf-8')

    def state(self, query: str) -> None:
        """Answer with what is shown beside the image."""
        text = json.dumps(self.server.source.state())
        self._send(HTTPStatus.OK, text.encode(), 'application/json')

    def image(self, query: str) -> None:
        """Answer with the newest image, as soon as it is another one than the page has."""
        (text,) = parse_qs(query).get('not', ['0'])[:1]
        number = int(text) if text.isdecimal() else 0
        picture = self.server.source.picture(number, WAIT_S)
        if picture is None:
            self._send(HTTPStatus.NO_CONTENT)
        else:
            status = HTTPStatus.OK if picture.jpeg else HTTPStatus.NO_CONTENT
            self._send(status, picture.jpeg, 'image/jpeg', {'Image-Number': str(picture.number)})

    def _is_for_us(self) -> bool:
        """
        Return whether the request is the user's or our page's.

        Another site may give its name our address (DNS rebinding), or ask for our images itself.
        """
        try:
            name = urlsplit(f'//{self.headers.get("Host", "")}').hostname
        except ValueError:
            return False
        is_link = self.headers.get('Sec-Fetch-Mode') == 'navigate'
        site = self.headers.get('Sec-Fetch-Site', 'none')
        return name in NAMES and (is_link or site in ('none', 'same-origin'))

    def _send(
        self,
        status: HTTPStatus,
        body: bytes = b'',
        content_type: str = 'text/plain; charset=utf-8',
        more: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {**SAFE, **(more or {})}.items():
            self.send_header(name, value)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header('Content-Type', content_type)
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Return the name of this server, without versions."""
        return 'movenet_ros'

    def log_message(self, *_: Any) -> None:
        """Print no line for each request."""


ANSWERS: dict[str, Callable[[Handler, str], None]] = {
    '/': Handler.page,
    '/image': Handler.image,
    '/state': Handler.state,
}
