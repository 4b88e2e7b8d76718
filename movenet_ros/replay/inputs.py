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

"""What the command line of a replay names: a recording, parameters, and the run over it."""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import Namespace
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import closing
from contextlib import contextmanager
from contextlib import ExitStack
import logging
from pathlib import Path
import sys
from typing import Any
from typing import NamedTuple
from typing import TYPE_CHECKING

from movenet_ros.arguments import add_parameter_arguments
from movenet_ros.core.native_memory import keep_freed_memory
from movenet_ros.core.needs import needs
from movenet_ros.replay.parameters import DRAWN
from movenet_ros.replay.parameters import kinematics_of
from movenet_ros.replay.parameters import OPTIONS
from movenet_ros.replay.parameters import pose_values
from movenet_ros.replay.parameters import settings_3d_of
from movenet_ros.settings import KinematicsParameters
from movenet_ros.settings import MONOCULAR
from movenet_ros.settings import Pose3DParameters
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import table_of

if TYPE_CHECKING:
    from movenet_ros.perception import Perception
    from movenet_ros.replay.placing import Placing
    from movenet_ros.replay.run import Tally
    from movenet_ros.replay.source import Item
    from movenet_ros.replay.source import Source

KEYPOINTS = '--tracking-association keypoints'
ASSOCIATION = 'tracking.association'


class _BesideTheBar(logging.Handler):
    """A log that prints above the progress bar; and lines of Python's own log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a line of Python's log."""
        self.info(record.getMessage())

    def info(self, message: str) -> None:
        """Print a line."""
        needs('tqdm').tqdm.write(message, file=sys.stderr)

    warning = info


LOG = _BesideTheBar()


class Inputs(NamedTuple):
    """
    A recording, and how it is to be looked at.

    :param settings: parameters of the node.
    :param settings_3d: parameters of the 3D node.
    :param kinematics: parameters of the kinematics node; None where nobody is observed.
    """

    source: Source
    settings: PoseParameters
    settings_3d: Pose3DParameters
    kinematics: KinematicsParameters | None


class Done(NamedTuple):
    """
    A run over a recording.

    :param perception: closed; what ran is still in it.
    :param placing: None where nobody was placed in metres.
    """

    tally: Tally
    perception: Perception
    placing: Placing | None


def add_input_argument(parser: ArgumentParser, more: str = '') -> None:
    """
    Add the recording.

    :param more: what else it may be, which allows several; empty: there is one.
    """
    parser.add_argument(
        'input', type=Path, metavar='INPUT', nargs='+' if more else None,
        help='a rosbag2 (a folder, or one .mcap or .db3 file), a video file or a folder of'
        f' pictures{more}',
    )
    parser.add_argument(
        '--topic', default='', metavar='T', help='of the images (default: the only one)'
    )


def add_depth_arguments(parser: ArgumentParser, so_what: str) -> None:
    """
    Add what people are placed in metres by.

    :param so_what: what the command makes of it.
    """
    parser.add_argument(
        '--depth-topic', default='', metavar='T',
        help='of depth images that are registered to the images, or monocular: people are placed'
        f' in metres, and {so_what} (default: the only one, if there is one; off: nobody is'
        ' placed)',
    )
    parser.add_argument(
        '--camera-info-topic', default='', metavar='T',
        help='of the images (default: the one beside them, or the only one)',
    )


def add_parameters(parser: ArgumentParser, draws: bool = True) -> None:
    """
    Add the parameters of the node, from a file and one by one.

    :param draws: whether the command draws people into images.
    """
    parser.add_argument(
        '--params-file', type=Path, metavar='YAML',
        help='parameters as for the node; the options below win over it',
    )
    group = parser.add_argument_group('parameters of the node')
    add_parameter_arguments(group, {
        name: row for name, row in OPTIONS.items() if draws or not name.startswith(DRAWN)
    })


def dashed(arguments: Sequence[str]) -> list[str]:
    """Accept --smoothing.min_cutoff_hz for --smoothing-min-cutoff-hz."""
    return [_dashed(each) for each in arguments]


@contextmanager
def opened(args: Namespace, observes: bool, log: Any = LOG) -> Iterator[Inputs]:
    """
    Open the recording that the arguments name; meanwhile Python's log of this package is ours.

    :param observes: whether it is told what the people do.
    :param log: a logger, and a handler of Python's log.
    :raises StartError: if it cannot be read, or a parameter is wrong.
    """
    values = pose_values(args, log.warning)
    settings = table_of(PoseParameters, values)
    needs('tqdm')
    needs('mcap')
    from movenet_ros.replay.source import Asked3D
    from movenet_ros.replay.source import open_source

    keep_freed_memory()
    settings_3d = settings_3d_of(args, log.warning)
    depth = settings_3d.source if settings_3d.source == MONOCULAR else args.depth_topic
    asked_3d = Asked3D(depth, args.camera_info_topic, settings_3d)
    where = args.input, args.topic, settings.image.max_pixels, asked_3d
    logging.getLogger('movenet_ros').addHandler(log)
    with ExitStack() as stack:
        stack.callback(logging.getLogger('movenet_ros').removeHandler, log)
        source = stack.enter_context(closing(open_source(*where)))
        if source.are_pictures and ASSOCIATION not in values:  # nobody walks into the next one
            settings = table_of(PoseParameters, {**values, ASSOCIATION: 'off'})
            source.notes.append(f'people get no ids from picture to picture ({KEYPOINTS} follows)')
        kinematics = kinematics_of(args, source, settings, log.warning) if observes else None
        yield Inputs(source, settings, settings_3d, kinematics)


def run(
    inputs: Inputs, consume: Callable[[Iterator[Item]], None], notes: Sequence[str] = ()
) -> Done:
    """
    Find the people in all images, with a progress bar, until the end or a signal.

    :param consume: accepts all items, with the people in the images.
    :param notes: what a user needs to know before, beside the notes of the recording.
    :raises StartError: as ``replay`` does.
    """
    from movenet_ros.perception import Perception
    from movenet_ros.replay.run import interruptions

    source = inputs.source
    print(f'{source.name}, {source.total or "unknown number of"} images', flush=True)
    if source.topics_3d:
        print(f'people are placed in metres by {source.topics_3d.words}', flush=True)
    for note in (*source.notes, *notes):
        LOG.warning(note)
    with ExitStack() as stack:
        perception = stack.enter_context(Perception(inputs.settings, LOG))
        bar = stack.enter_context(needs('tqdm').tqdm(  # a log file would get one endless line
            total=source.total, unit='image', file=sys.stderr, disable=None
        ))
        signals = stack.enter_context(interruptions())
        tally, placing = through(inputs, perception, consume, bar.update, LOG, signals)
    return Done(tally, perception, placing)


def through(
    inputs: Inputs,
    perception: Perception,
    consume: Callable[[Iterator[Item]], None],
    on_image: Callable[[], Any],
    log: Any,
    signals: Sequence[int],
) -> tuple[Tally, Placing | None]:
    """
    Find the people in all images, place and observe them as asked for; see ``replay``.

    :return: what was done; what has placed people in metres, None where nobody was placed.
    """
    from movenet_ros.replay.observing import Observing
    from movenet_ros.replay.placing import Placing
    from movenet_ros.replay.run import replay

    source, settings, settings_3d, kinematics = inputs
    placing = Placing(source, settings_3d, log.warning) if source.topics_3d else None
    observing = Observing(kinematics) if kinematics else None
    tally = replay(
        source, perception, settings, consume, on_image, log.warning, signals, placing, observing
    )
    return tally, placing


def _dashed(argument: str) -> str:
    """Accept --smoothing.min_cutoff_hz for --smoothing-min-cutoff-hz."""
    name, equals, value = argument.partition('=')
    if not name.startswith('--'):
        return argument
    return f'{name.replace("_", "-").replace(".", "-")}{equals}{value}'
