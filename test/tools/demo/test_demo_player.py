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

"""Which images of a source are sent and recorded: with a pose node that answers as a test says."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import Queue
import time
from types import SimpleNamespace
from typing import Any

from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import SourceImage
from movenet_ros.core.media import Media
from movenet_ros.core.media import TimedImage
from movenet_ros.core.poses import Poses
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.messages.prepared import image_to_bytes
from movenet_ros.tools.demo import player as demo_player
from movenet_ros.tools.demo.player import Outcome
from movenet_ros.tools.demo.player import Player
import numpy as np
import pytest
from std_msgs.msg import Header

WH = (64, 48)
Message = tuple[int, str]  # the number of an image, and what there is about it
Answer = Callable[[int], Sequence[Message]]  # takes the number of an image, returns what comes


def both(number: int) -> Sequence[Message]:
    """Answer as a pose node does."""
    return (number, 'poses'), (number, 'image')


class FakeNode:
    """Answers images a little later and in their order, out of another thread."""

    has_subscriber = True
    status = SimpleNamespace(backend='none on CPU', mode='fast')

    def __init__(self, answer: Answer, people: Poses) -> None:
        self.arrived: Queue[tuple[int, Any]] = Queue()
        self.sent = 0
        self.under_way_at_sending: list[int] = []
        self._answer = answer
        self._people = people
        self._answered = 0
        self._messages: dict[Message, Any] = {}
        self._thread = ThreadPoolExecutor(1)

    def publish(self, image: SourceImage) -> int:
        """Take an image; stamps count the images."""
        self.under_way_at_sending.append(self.sent - self._answered)
        self.sent += 1
        header = Header()
        header.stamp.nanosec = self.sent
        self._messages[self.sent, 'poses'] = poses_to_msg(self._people, header)
        self._messages[self.sent, 'image'] = image_to_bytes(image.as_bgr(), header)
        answer = self._answer(self.sent)

        def come() -> None:
            time.sleep(0.01)
            self._answered += bool(answer)
            for each in answer:
                self.arrived.put((self.sent + 10**6, self._messages[each]))

        self._thread.submit(come)
        return self.sent


class FakeResults:
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.images: list[tuple[int, int, str]] = []

    def add_poses(self, record: dict[str, Any]) -> None:
        """Keep a line."""
        self.records.append(record)

    def add_image(self, image_bgr: Any, people: int, time_ns: int, file: str) -> None:
        """Keep what is known about an image."""
        self.images.append((people, time_ns, file))


class Play:
    """A source that was played."""

    def __init__(
        self, media: Media, people: Poses, answer: Answer = both, child: Any = None
    ) -> None:
        self.node = FakeNode(answer, people)
        self.results = FakeResults()
        self.warnings: list[str] = []
        self.signals: list[int] = []
        self.done = 0
        child = child or SimpleNamespace(check=lambda: None)
        node: Any = self.node
        results: Any = self.results
        player = Player(node, child, self.warnings.append, self.signals)
        assert player.wait_for_node()
        player.play(media, results, self.on_image)
        self.outcome: Outcome = player.outcome

    def on_image(self) -> None:
        """Count the images."""
        self.done += 1


@pytest.fixture(scope='module')
def one(make_people: Callable[[tuple[int, int], int], Poses]) -> Poses:
    """Give one person."""
    return make_people(WH, 1)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give images up soon."""
    monkeypatch.setattr(demo_player, 'ANSWER_S', 0.5)


def grey() -> SourceImage:
    """Make an image."""
    return SourceImage(np.full((*WH[::-1], 3), 128, np.uint8), 'bgr')


def video(count: int, *more: TimedImage, **changes: Any) -> Media:
    """Make a video of so many images, 1 ms apart."""
    images = [TimedImage(grey(), i * 10**6) for i in range(count)]
    kwargs = {'count': count, 'is_live': False, **changes}
    return Media('walk.mp4', 1000.0, images=lambda: iter([*images, *more]), **kwargs)


def pictures(*names: str) -> Media:
    """Make a folder; what is called broken cannot be read."""

    def images() -> Iterator[TimedImage]:
        for name in names:
            image = ImageError(f'{name}: no picture') if 'broken' in name else grey()
            yield TimedImage(image, 0, name)

    return Media('photos', 2.0, len(names), False, images, are_pictures=True)


@pytest.mark.parametrize('media', [video(5), pictures('a', 'b', 'c', 'd', 'e')])
def test_each_image_is_sent_when_the_one_before_has_come_back(media: Media, one: Poses) -> None:
    play = Play(media, one)
    assert play.node.under_way_at_sending == [0] * 5
    assert play.outcome.people == [1] * 5 and not play.outcome.dropped
    assert len(play.results.images) == play.done == 5


def test_a_video_is_no_faster_than_its_times(one: Poses) -> None:
    media = video(0, *(TimedImage(grey(), i * 50_000_000) for i in range(3)))
    stamps_s: list[float] = []
    real = FakeNode.publish

    def publish(self: FakeNode, image: SourceImage) -> int:
        stamps_s.append(demo_player.time.monotonic())
        return real(self, image)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeNode, 'publish', publish)
        Play(media, one)
    assert np.diff(stamps_s).sum() >= 0.1


def test_a_film_has_the_times_of_the_video(one: Poses) -> None:
    assert [time for _, time, _ in Play(video(3), one).results.images] == [0, 10**6, 2 * 10**6]


def test_lines_and_pictures_have_the_names_of_the_files(one: Poses) -> None:
    play = Play(pictures('a.jpg', 'b.jpg'), one)
    assert [each['file'] for each in play.results.records] == ['a.jpg', 'b.jpg']
    assert play.results.images == [(1, 0, 'a.jpg'), (1, 0, 'b.jpg')]


def test_a_picture_that_cannot_be_read_is_named_and_counted(one: Poses) -> None:
    play = Play(pictures('a', 'broken.jpg', 'c'), one)
    assert play.outcome.unreadable == 1 and play.outcome.sent == 2
    (line,) = play.warnings
    assert 'broken.jpg' in line
    assert play.done == 3 and not play.outcome.damage


def test_a_video_that_breaks_off_is_damaged(one: Poses) -> None:
    play = Play(video(2, TimedImage(ImageError('walk.mp4: breaks off'), 0)), one)
    assert play.outcome.people == [1, 1]
    assert 'breaks off' in play.outcome.damage


@pytest.mark.parametrize('lost', [('poses', 'image'), ('image',)])
def test_an_image_that_does_not_come_back_is_named(
    lost: Sequence[str], one: Poses, impatient: None
) -> None:
    play = Play(
        pictures('a', 'b', 'c'), one, lambda i: [x for x in both(i) if i != 2 or x[1] not in lost]
    )
    (line,) = play.warnings
    assert line.startswith('b ')
    assert [file for *_, file in play.results.images] == ['a', 'c']
    assert play.outcome.dropped == ('poses' in lost)


def test_what_comes_late_is_recorded_all_the_same(one: Poses, impatient: None) -> None:
    answers = {1: both(1), 2: (), 3: (*both(2), *both(3))}
    play = Play(pictures('a', 'b', 'c'), one, answers.__getitem__)
    assert len(play.warnings) == 1
    assert [each['file'] for each in play.results.records] == ['a', 'b', 'c']
    assert not play.outcome.dropped


def test_a_camera_is_not_waited_for(one: Poses) -> None:
    """What the node drops is counted, and needs no warning."""
    play = Play(video(6, is_live=True), one, lambda i: both(i) if i % 2 == 0 else ())
    assert max(play.node.under_way_at_sending) > 0
    assert play.outcome.sent == 6 and play.outcome.dropped == 3
    assert not play.warnings and not play.outcome.damage


def test_a_camera_that_is_unplugged_is_told(one: Poses) -> None:
    play = Play(replace(video(3, is_live=True), count=None), one)
    assert 'walk.mp4' in play.outcome.damage and play.outcome.people


def test_a_signal_ends_it_and_the_image_under_way_is_recorded(one: Poses) -> None:
    class Interrupted(Play):

        def on_image(self) -> None:
            super().on_image()
            if self.done == 2:
                self.signals.append(2)

    play = Interrupted(video(10), one)
    assert play.outcome.sent == 2 and play.outcome.people == [1, 1]


def test_a_pose_node_that_ends_is_an_error(one: Poses) -> None:
    def check() -> None:
        if len(left) == 3:
            raise StartError('the pose node ended')
        left.append(None)

    left: list[None] = []
    with pytest.raises(StartError, match='ended'):
        Play(video(10), one, lambda i: (), SimpleNamespace(check=check))


def test_a_node_that_answers_nothing_ends_the_demo_with_its_last_line(
    one: Poses, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_player, 'FIRST_ANSWER_S', 0.1)
    child = SimpleNamespace(check=lambda: None, last_line=lambda: 'no image for 5 s')
    play = Play(video(9), one, answer=lambda number: (), child=child)
    assert (play.outcome.sent, 'no image for 5 s' in play.outcome.damage) == (1, True)
