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
The node's work on recorded images, as fast as it goes, without a graph.

Three threads: one reads, decodes and shrinks, one runs the model, the main one draws and writes. A
few images lie between them, so that the model never waits, and no more, so that memory stays flat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import field
import signal
import sys
import time

from movenet_ros.core.blank import blankness
from movenet_ros.core.errors import FrameError
from movenet_ros.core.errors import StartError
from movenet_ros.core.observing import Observer
from movenet_ros.core.pose_model import Prepared
from movenet_ros.messages.outputs import OutputSettings
from movenet_ros.messages.outputs import Result
from movenet_ros.messages.stamped import stamp_ns
from movenet_ros.messages.stamped import Stamped
from movenet_ros.perception import Perception
from movenet_ros.replay.observing import Observing
from movenet_ros.replay.placing import Placing
from movenet_ros.replay.read_ahead import read_ahead
from movenet_ros.replay.source import Item
from movenet_ros.replay.source import Source

BETWEEN = 3  # items that lie ready on either side of the model
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SWITCH_S = 0.0005  # how long Python leaves the model's thread waiting for the others


@dataclass
class Tally:
    """What has been done so far."""

    skipped: int = 0
    people: Counter[int] = field(default_factory=Counter)  # images, by number of people
    blank: Counter[str] = field(default_factory=Counter)  # images, by what is wrong with them
    ids: set[int] = field(default_factory=set)
    looked: int = 0  # at how many people closely, in all images together
    seconds: float = 0.0
    last_refusal: str = ''
    is_interrupted: bool = False

    @property
    def processed(self) -> int:
        """Return how many images people were looked for in."""
        return sum(self.people.values())

    @property
    def images(self) -> int:
        """Return how many images came."""
        return self.processed + self.skipped


def replay(
    source: Source,
    perception: Perception,
    settings: OutputSettings,
    consume: Callable[[Iterator[Item]], None],
    on_image: Callable[[], None],
    warn: Callable[[str], None],
    signals: Sequence[int] = (),
    placing: Placing | None = None,
    observing: Observing | None = None,
) -> Tally:
    """
    Find the people in all images of a source, until it ends or a signal comes.

    :param settings: what is drawn into annotated images.
    :param consume: accepts all items, with the people in the images.
    :param on_image: called after each image.
    :param warn: logs a line for each image that is skipped, but not the same one again.
    :param signals: as soon as there is one in it, the replay ends.
    :param placing: places the people in metres; None: nobody does.
    :param observing: tells what they do; None: nobody does.
    :return: what was done; all of it has been consumed.
    :raises StartError: what ``consume`` raises, or if no image of the source could be read.
    """
    tally = Tally()
    begun = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(_switching_often())
        prepared = stack.enter_context(read_ahead(_prepared(source, perception), BETWEEN))
        found = stack.enter_context(read_ahead(_found(prepared, perception, settings), BETWEEN))
        placed = found if placing is None else placing.items(found)
        told = placed if observing is None else observing.items(placed)
        consume(_counted(told, tally, on_image, warn, signals))
        if not tally.processed and not tally.is_interrupted:
            raise StartError(_nothing(source, tally))
    tally.seconds = time.monotonic() - begun
    return tally


def _prepared(source: Source, perception: Perception) -> Iterator[tuple[Item, Prepared | None]]:
    """Make the model's input of the images; in the thread that reads, the model has enough."""
    for item in source.items():
        model_input = None
        if isinstance(item.image, Stamped):
            try:
                model_input = perception.prepare(item.image.image)
            except FrameError as error:
                item = item._replace(image=error)
        yield item, model_input


def _found(
    prepared: Iterator[tuple[Item, Prepared | None]],
    perception: Perception,
    settings: OutputSettings,
) -> Iterator[Item]:
    """Find the people in the images."""
    observer, tracker = Observer(), perception.new_tracker()  # of people of this source alone
    for item, model_input in prepared:
        image = item.image
        if isinstance(image, Stamped):
            try:
                stamp = stamp_ns(image.header.stamp)
                poses = perception.people(image.image, stamp, model_input, tracker)
                result = Result(image.header, image.image, poses, settings, observer)
                item = item._replace(image=result)
            except FrameError as error:
                item = item._replace(image=error)
        yield item


def _counted(
    items: Iterator[Item],
    tally: Tally,
    on_image: Callable[[], None],
    warn: Callable[[str], None],
    signals: Sequence[int],
) -> Iterator[Item]:
    """Pass the items on and count the images, until a signal comes."""
    for item in items:
        yield item
        if isinstance(item.image, Result):
            tally.people[len(item.image.poses)] += 1
            tally.blank[blankness(item.image.image)] += 1
            tally.looked += int(item.image.poses.refined.sum())
            tally.ids.update(each for each in item.image.poses.ids.tolist() if each)
        elif isinstance(item.image, FrameError):
            tally.skipped += 1
            if str(item.image) != tally.last_refusal:
                tally.last_refusal = str(item.image)
                warn(f'skipped image {tally.images}: {item.image}')
        if item.image is not None:
            on_image()
        if signals:
            tally.is_interrupted = True
            return


def _nothing(source: Source, tally: Tally) -> str:
    """Return why no image was processed."""
    if tally.skipped:
        return f'none of {tally.skipped} images could be read: {tally.last_refusal}'
    return source.damage or f'{source.name} has no images'


@contextmanager
def interruptions() -> Iterator[list[int]]:
    """
    Catch the signals that ask for an end, so that what was begun can be finished.

    :return: a list that the numbers of those that came are put into.
    """
    caught: list[int] = []
    before = {each: signal.getsignal(each) for each in ENDING}
    for each in ENDING:
        if before[each] != signal.SIG_IGN:  # which nohup asks for
            signal.signal(each, lambda number, _: caught.append(number))
    try:
        yield caught
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _switching_often() -> Iterator[None]:
    """Have threads that compute in Python give way sooner than after 5 ms."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
