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

"""Which outputs are published, and in which order: by publishers that only take notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Event
from threading import get_ident
from typing import Any

from movenet_ros.messages.outputs import LABEL_INFO
from movenet_ros.messages.outputs import Output
from movenet_ros.messages.outputs import OUTPUTS
from movenet_ros.messages.outputs import RELIABLE
from movenet_ros.node.publishers import Publishers
import pytest
from std_msgs.msg import String

WAIT_S = 30.0  # far above what anything here takes


class Notes:
    """A node whose publishers note what is published, with the thread."""

    def __init__(self) -> None:
        self.subscribed: set[str] = set()
        self.published: list[tuple[str, bytes, int]] = []
        self.made: dict[str, tuple[Any, Any]] = {}

    def create_publisher(self, msg_type: Any, name: str, qos: Any) -> Any:
        """Make a publisher."""
        self.made[name] = msg_type, qos
        return Note(self, name)

    @property
    def names(self) -> list[str]:
        """Return what was published."""
        return [name for name, _, _ in self.published]


class Note:
    """A publisher."""

    def __init__(self, notes: Notes, name: str) -> None:
        self._notes, self._name = notes, name
        self.topic_name = f'/{name}'

    def get_subscription_count(self) -> int:
        """Return 1 or 0."""
        return int(self._name in self._notes.subscribed)

    def publish(self, message: bytes) -> None:
        """Note a message."""
        self._notes.published.append((self._name, message, get_ident()))


@pytest.fixture
def notes() -> Notes:
    """Give that node."""
    return Notes()


def row(name: str, in_thread: bool = False, **made: Any) -> Output[Any]:
    """Make a row whose message is the result."""
    return Output(name, String, RELIABLE, made.get('to_bytes', lambda it: it), in_thread)


@pytest.fixture
def publishers(notes: Any) -> Iterator[Publishers]:
    """Give publishers of a picture, which is drawn in a thread, and of two more."""
    rows = [row('picture', in_thread=True), row('one'), row('other')]
    publishers = Publishers(notes, rows)
    yield publishers
    publishers.close()


def test_every_row_has_a_publisher(notes: Any) -> None:
    """Of its type and QoS, and label_info has one."""
    Publishers(notes, OUTPUTS)
    assert notes.made == {each.name: (each.msg_type, each.qos) for each in (*OUTPUTS, LABEL_INFO)}


@pytest.mark.parametrize('name', ['picture', 'one', 'other'])
def test_any_subscriber_counts(name: str, publishers: Publishers, notes: Any) -> None:
    assert not publishers.has_subscribers
    notes.subscribed = {name}
    assert publishers.has_subscribers


def test_only_what_has_subscribers_is_made(notes: Any) -> None:
    """A robot that reads poses does not pay for pictures."""

    def fail(result: Any) -> bytes:
        pytest.fail('this should not have been made')

    rows = [row('one'), row('other', to_bytes=fail), row('picture', True, to_bytes=fail)]
    notes.subscribed = {'one'}
    Publishers(notes, rows).publish(b'people')
    assert notes.names == ['one']


def test_pictures_come_last_from_a_thread_of_their_own(notes: Any) -> None:
    drawn = Event()
    rows = [row('picture', in_thread=True), row('one')]
    rows.append(row('done', in_thread=True, to_bytes=lambda it: (drawn.set(), it)[1]))
    notes.subscribed = {'one', 'picture', 'done'}
    publishers = Publishers(notes, rows)
    publishers.publish(b'people')
    assert drawn.wait(WAIT_S)
    publishers.close()
    threads = {name: thread for name, _, thread in notes.published}
    assert notes.names == ['one', 'picture', 'done']
    assert threads['one'] == get_ident() != threads['picture'] == threads['done']


def test_what_comes_before_drawing_is_done_for_every_image(notes: Any) -> None:
    """By whoever publishes, behind what waits for nothing."""
    done: list[tuple[bytes, int, int]] = []
    picture = replace(
        row('picture', in_thread=True),
        first=lambda it: done.append((it, get_ident(), len(notes.published))),
    )
    notes.subscribed = {'picture', 'one'}
    publishers = Publishers(notes, [picture, row('one')])
    publishers.publish(b'image')  # type: ignore[arg-type]
    publishers.close()
    assert done == [(b'image', get_ident(), 1)]


def test_drawing_holds_up_nothing(notes: Any) -> None:
    """While a picture is drawn, the next results are published; the newest is drawn then."""
    begun, may_end, last = Event(), Event(), Event()

    def draw(result: bytes) -> bytes:
        begun.set()
        assert may_end.wait(WAIT_S)
        if result == b'4':
            last.set()
        return result

    notes.subscribed = {'one', 'picture'}
    publishers = Publishers(notes, [row('one'), row('picture', True, to_bytes=draw)])
    publishers.publish(b'1')
    assert begun.wait(WAIT_S)
    for result in (b'2', b'3', b'4'):
        publishers.publish(result)
    assert notes.names == ['one'] * 4
    may_end.set()
    assert last.wait(WAIT_S)
    publishers.close()
    assert [data for name, data, _ in notes.published if name == 'picture'] == [b'1', b'4']


def test_a_bug_in_drawing_is_raised(notes: Any) -> None:
    """By the next result; it ends the node, as a bug in its own thread does."""
    notes.subscribed = {'picture'}
    publishers = Publishers(notes, [row('picture', True, to_bytes=lambda it: 1 / 0)])
    with pytest.raises(ZeroDivisionError):
        while True:
            publishers.publish(b'people')
