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
Run the node's pipeline over a recorded bag or a video, as fast as it goes, without a graph.

The same input and parameters give the same poses, byte by byte. The stamps are those of the
images' headers; those of a video are its own times, and begin with 1 / rate. People are followed
from one image to the next, in pictures only with --tracking-association. The exit code is 1 where
an image was lost.
"""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import Namespace
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import closing
from contextlib import ExitStack
import logging
from pathlib import Path
import statistics
import sys
from typing import TYPE_CHECKING

from movenet_ros.arguments import add_parameter_arguments
from movenet_ros.core.errors import StartError
from movenet_ros.core.native_memory import keep_freed_memory
from movenet_ros.core.needs import needs
from movenet_ros.core.wording import one_line
from movenet_ros.replay.parameters import kinematics_of
from movenet_ros.replay.parameters import OPTIONS
from movenet_ros.replay.parameters import pose_values
from movenet_ros.replay.parameters import settings_3d_of
from movenet_ros.settings import MONOCULAR
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import table_of

if TYPE_CHECKING:
    from movenet_ros.perception import Perception
    from movenet_ros.replay.outputs import Targets
    from movenet_ros.replay.placing import Placing
    from movenet_ros.replay.run import Tally

KEYPOINTS = '--tracking-association keypoints'
ASSOCIATION = 'tracking.association'
INTERRUPTED = 130  # what shells expect


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


def main(argv: Sequence[str] | None = None) -> int:
    """Replay and print a summary."""
    argv = sys.argv[1:] if argv is None else argv
    args = _parser().parse_args([_dashed(each) for each in argv])
    values = pose_values(args, LOG.warning)
    settings = table_of(PoseParameters, values)
    progress = needs('tqdm').tqdm
    needs('mcap')
    from movenet_ros.perception import Perception
    from movenet_ros.replay.observing import Observing
    from movenet_ros.replay.outputs import Outputs
    from movenet_ros.replay.placing import Placing
    from movenet_ros.replay.run import interruptions
    from movenet_ros.replay.run import replay
    from movenet_ros.replay.source import Asked3D
    from movenet_ros.replay.source import open_source

    keep_freed_memory()
    settings_3d = settings_3d_of(args, LOG.warning)
    depth = settings_3d.source if settings_3d.source == MONOCULAR else args.depth_topic
    asked_3d = Asked3D(depth, args.camera_info_topic, settings_3d)
    where = args.input, args.topic, settings.image.max_pixels, asked_3d
    logging.getLogger('movenet_ros').addHandler(LOG)
    with ExitStack() as stack:
        stack.callback(logging.getLogger('movenet_ros').removeHandler, LOG)
        source = stack.enter_context(closing(open_source(*where)))
        if source.are_pictures and ASSOCIATION not in values:  # nobody walks into the next one
            settings = table_of(PoseParameters, {**values, ASSOCIATION: 'off'})
            source.notes.append(f'people get no ids from picture to picture ({KEYPOINTS} follows)')
        outputs = stack.enter_context(Outputs(_targets(args), args.input, source))
        print(f'{source.name}, {source.total or "unknown number of"} images', flush=True)
        placing = None
        if args.markers and not source.topics_3d:
            raise StartError(f'--markers: {source.name} has no depth to place people by')
        if source.topics_3d:
            placing = Placing(source, asked_3d.settings, LOG.warning)
            print(f'people are placed in metres by {source.topics_3d.words}', flush=True)
        observing = None
        if args.kinematics:
            observing = Observing(kinematics_of(args, source, settings, LOG.warning))
        for note in (*source.notes, *outputs.notes):
            LOG.warning(note)
        perception = stack.enter_context(Perception(settings, LOG))
        bar = stack.enter_context(  # a log file would get one endless line
            progress(total=source.total, unit='image', file=sys.stderr, disable=None)
        )
        signals = stack.enter_context(interruptions())
        tally = replay(
            source, perception, settings, outputs.consume, bar.update, LOG.warning, signals,
            placing, observing,
        )
        written = outputs.complete()
    print('\n'.join(_summary(tally, source.total, perception, written, placing)), flush=True)
    if tally.is_interrupted:
        return INTERRUPTED
    if source.damage:
        raise StartError(source.damage)
    return int(tally.skipped > 0)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        'replay', description=__doc__, formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        'input', type=Path, metavar='INPUT',
        help='a rosbag2 (a folder, or one .mcap or .db3 file), a video file or a folder of'
        ' pictures',
    )
    parser.add_argument(
        '--topic', default='', metavar='T', help='of the images (default: the only one)'
    )
    parser.add_argument(
        '--out', type=Path, metavar='BAG',
        help='write a rosbag2: /poses, /detections and all that is in the bag INPUT',
    )
    parser.add_argument(
        '--storage', choices=('mcap', 'sqlite3'), default='mcap',
        help='of that bag (default %(default)s)',
    )
    parser.add_argument(
        '--annotated', action='store_true', help='write /image_annotated into it, too'
    )
    parser.add_argument(
        '--annotations', action='store_true',
        help='write /annotations into it, too, which Foxglove draws over the images',
    )
    parser.add_argument(
        '--depth-topic', default='', metavar='T',
        help='of depth images that are registered to the images, or monocular: people are placed'
        ' in metres, and /poses_3d gets into the bag (default: the only one, if there is one)',
    )
    parser.add_argument(
        '--camera-info-topic', default='', metavar='T',
        help='of the images (default: the one beside them, or the only one)',
    )
    parser.add_argument(
        '--markers', action='store_true', help='write /markers of these people into it, too'
    )
    parser.add_argument(
        '--kinematics', action='store_true',
        help='write /joint_angles and /activities into it, too, and both into the lines of'
        ' --jsonl; of people in metres where a depth camera measured them, else in the image',
    )
    parser.add_argument('--video', type=Path, metavar='FILE.mp4', help='write an annotated video')
    parser.add_argument(
        '--jsonl', type=Path, metavar='FILE', help='write a line of JSON for each image'
    )
    parser.add_argument('--overwrite', action='store_true', help='replace existing outputs')
    parser.add_argument(
        '--params-file', type=Path, metavar='YAML',
        help='parameters as for the node; the options below win over it',
    )
    group = parser.add_argument_group('parameters of the node')
    add_parameter_arguments(group, OPTIONS)
    return parser


def _dashed(argument: str) -> str:
    """Accept --smoothing.min_cutoff_hz for --smoothing-min-cutoff-hz."""
    name, equals, value = argument.partition('=')
    if not name.startswith('--'):
        return argument
    return f'{name.replace("_", "-").replace(".", "-")}{equals}{value}'


def _targets(args: Namespace) -> Targets:
    """
    Collect what is to be written.

    :raises StartError: if it makes no sense.
    """
    from movenet_ros.replay.outputs import Targets

    for name in ('annotated', 'annotations', 'markers'):
        if getattr(args, name) and args.out is None:
            raise StartError(f'--{name} is for the bag of --out')
    if args.kinematics and args.out is None and args.jsonl is None:
        raise StartError('--kinematics is for the bag of --out or the lines of --jsonl')
    return Targets(
        args.out, args.video, args.jsonl, args.storage, args.annotated, args.markers,
        args.overwrite, args.kinematics, args.annotations,
    )


def _summary(
    tally: Tally, total: int | None, perception: Perception, written: list[Path],
    placing: Placing | None,
) -> list[str]:
    """Return the lines of the summary."""
    lines = []
    if tally.is_interrupted:
        lines.append(f'interrupted after {tally.images} of {total or "?"} images')
    lost = ', which makes the exit code 1' if tally.skipped else ''
    lines.append(f'images     {tally.processed} processed, {tally.skipped} skipped{lost}')
    if tally.people:
        median = statistics.median(tally.people.elements())
        least, most = min(tally.people), max(tally.people)
        lines.append(f'people     {median:g} in an image (median; {least} to {most})')
    if placing:
        lines.append(f'placed     {placing.placed} of {placing.people} people, in metres')
    blank = ', '.join(f'{count} {kind}' for kind, count in tally.blank.items() if kind)
    if blank:
        lines.append(f'blank      {blank}: these images show nothing (lens, exposure, encoding?)')
    lines.append(f'tracks     {len(tally.ids)}')
    if tally.seconds:
        rate = tally.images / tally.seconds
        lines.append(f'speed      {rate:.1f} images processed per second')
    lines.append(f'backend    {perception.runtime.info}')
    mode, closely = perception.choice.mode, ''
    if mode != 'fast' and tally.processed:
        closely = f', {tally.looked / tally.processed:.2f} people looked at closely in an image'
    lines.append(f'mode       {mode}{closely}')
    names = ', '.join(map(one_line, written))
    lines.append(
        f'written    {names or "nothing (--out BAG, --video FILE.mp4, --jsonl FILE do)"}'
    )
    return lines
