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

"""The HTTP server of the page: what it answers, to whom, and that no page delays another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from http.client import HTTPResponse
import json
import socket
from threading import Event
from threading import Thread
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.tools.view import server as view_server
from movenet_ros.tools.view.newest_image import Picture
from movenet_ros.tools.view.server import PageServer
import pytest

WAIT_S = 30.0
JPEG = b'\xff\xd8 a picture'
LARGE = bytes(30_000_000)  # more than sockets hold


class Source:
    """What a page shows."""

    def __init__(self) -> None:
        self.newest: Picture | None = Picture(5, JPEG)
        self.may_answer = Event()
        self.may_answer.set()

    def picture(self, other_than: int, wait_s: float) -> Picture | None:
        """Return an image."""
        self.may_answer.wait(WAIT_S)
        has_it = self.newest is None or self.newest.number == other_than
        return None if has_it else self.newest

    def state(self) -> dict[str, Any]:
        """Return the rest."""
        return {'topic': '/image_annotated </script>'}


@pytest.fixture
def source() -> Source:
    """Give what is shown."""
    return Source()


@pytest.fixture
def server(source: Source) -> Iterator[PageServer]:
    """Give a server that runs."""
    with PageServer(0) as server:
        server.source = source
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        source.may_answer.set()
        server.shutdown()
        thread.join(WAIT_S)


def get(
    server: PageServer, path: str, method: str = 'GET', **headers: str
) -> tuple[HTTPResponse, bytes]:
    """Ask for a path; HOST=... in place of the usual Host."""
    with closing(HTTPConnection(*server.server_address, timeout=WAIT_S)) as connection:
        connection.request(
            method, path, headers={each.replace('_', '-'): headers[each] for each in headers}
        )
        answer = connection.getresponse()
        return answer, answer.read()


def test_the_page_is_one_file_that_needs_nothing_from_elsewhere(server: PageServer) -> None:
    answer, page = get(server, '/')
    assert answer.status == 200 and answer.headers['Content-Type'].startswith('text/html')
    assert page.startswith(b'<!doctype html>')
    assert b'//' not in page.replace(b'http://www.w3.org/2000/svg', b'').replace(b' // ', b'')


def test_an_image_comes_with_its_number(server: PageServer) -> None:
    answer, body = get(server, '/image')
    assert (answer.status, body) == (200, JPEG)
    assert (answer.headers['Content-Type'], answer.headers['Image-Number']) == ('image/jpeg', '5')


def test_the_image_that_a_page_has_does_not_come_again(server: PageServer) -> None:
    answer, body = get(server, '/image?not=5')
    assert (answer.status, body) == (204, b'')


@pytest.mark.parametrize('query', ['?not=', '?not=-1', '?not=x', '?other=5', '?not=5&not=6', '?'])
def test_an_odd_question_is_answered(server: PageServer, query: str) -> None:
    assert get(server, f'/image{query}')[0].status in (200, 204)


def test_an_image_that_cannot_be_shown_is_not_asked_for_again_and_again(
    server: PageServer, source: Source
) -> None:
    source.newest = Picture(6, error='half of it is missing')
    answer, _ = get(server, '/image?not=5')
    assert (answer.status, answer.headers['Image-Number']) == (204, '6')


def test_the_rest_comes_as_json(server: PageServer, source: Source) -> None:
    answer, body = get(server, '/state')
    assert answer.headers['Content-Type'] == 'application/json'
    assert json.loads(body) == source.state()


@pytest.mark.parametrize(
    'path', ['/etc/passwd', '/../../etc/passwd', '/page.html', '//x/', '/image/', '/%2e%2e/', '*']
)
def test_there_is_nothing_else(server: PageServer, path: str) -> None:
    answer, body = get(server, path)
    assert answer.status == 404 and b'root' not in body


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'X'])
def test_there_is_nothing_but_get(server: PageServer, method: str) -> None:
    assert get(server, '/', method)[0].status == 501


@pytest.mark.parametrize('host', ['127.0.0.1', 'localhost:9000', 'LOCALHOST'])
def test_our_own_names_are_answered_at_any_port(server: PageServer, host: str) -> None:
    """Of a tunnel, the port is another one."""
    assert get(server, '/', Host=host)[0].status == 200


@pytest.mark.parametrize('host', ['', 'evil.example', '127.0.0.1.evil.example', '[', '10.0.0.1'])
@pytest.mark.parametrize('path', ['/', '/image', '/state'])
def test_a_site_that_gave_its_name_our_address_gets_nothing(
    server: PageServer, host: str, path: str
) -> None:
    answer, body = get(server, path, Host=host)
    assert answer.status == 403 and JPEG not in body and b'<html' not in body


@pytest.mark.parametrize(('path', 'mode'), [('/image', 'no-cors'), ('/state', 'cors')])
def test_another_site_cannot_ask_for_our_images(
    server: PageServer, path: str, mode: str
) -> None:
    answer, body = get(server, path, Sec_Fetch_Site='cross-site', Sec_Fetch_Mode=mode)
    assert answer.status == 403 and JPEG not in body


def test_a_link_from_another_site_opens_the_page(server: PageServer) -> None:
    answer, _ = get(server, '/', Sec_Fetch_Site='cross-site', Sec_Fetch_Mode='navigate')
    assert answer.status == 200


def test_only_this_machine_is_answered(server: PageServer) -> None:
    assert server.server_address[0] == '127.0.0.1' and server.url.startswith('http://127.0.0.1:')


def test_a_page_that_takes_nothing_delays_no_other(server: PageServer, source: Source) -> None:
    source.newest = Picture(5, LARGE)
    with socket.create_connection(server.server_address, timeout=WAIT_S) as stuck:
        stuck.sendall(b'GET /image HTTP/1.1\r\nHost: localhost\r\n\r\n')
        assert stuck.recv(1)
        assert get(server, '/state')[0].status == 200
        assert len(get(server, '/image')[1]) == len(LARGE)


def test_a_page_that_waits_delays_no_other(server: PageServer, source: Source) -> None:
    source.may_answer.clear()
    with socket.create_connection(server.server_address, timeout=WAIT_S) as waiting:
        waiting.sendall(b'GET /image HTTP/1.1\r\nHost: localhost\r\n\r\n')
        assert get(server, '/state')[0].status == 200


def test_a_page_that_is_closed_is_no_line_in_the_log(
    server: PageServer, source: Source, capfd: pytest.CaptureFixture[str]
) -> None:
    source.newest = Picture(5, LARGE)
    for _ in range(3):
        with socket.create_connection(server.server_address, timeout=WAIT_S) as closed:
            closed.sendall(b'GET /image HTTP/1.1\r\nHost: localhost\r\n\r\n')
            assert closed.recv(1)
    assert get(server, '/state')[0].status == 200
    assert capfd.readouterr().err == ''


def test_the_usual_port_gives_way_to_a_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(('127.0.0.1', 0)) as other:
        taken = other.getsockname()[1]
        monkeypatch.setattr(view_server, 'DEFAULT_PORT', taken)
        with PageServer(None) as server:
            assert server.server_address[1] not in (0, taken)


def test_a_port_that_was_asked_for_and_is_taken_is_a_refusal() -> None:
    with socket.create_server(('127.0.0.1', 0)) as other:
        with pytest.raises(StartError, match='--port'):
            PageServer(other.getsockname()[1])
