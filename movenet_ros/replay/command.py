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

Several recordings, or a folder that holds some, are replayed by --jobs processes, or on a cluster
by --ray, each into a bag in the folder --out; summary.csv there, and summary.parquet where PyArrow
is installed, have a row for each. The same command again passes over what is finished. Recordings
and the folder may be URLs (s3://, gs://).
"""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import ArgumentTypeError
from argparse import Namespace
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
import sys
from typing import TYPE_CHECKING

from movenet_ros.core.errors import StartError
from movenet_ros.core.needs import needs
from movenet_ros.core.wording import one_line
from movenet_ros.replay.inputs import add_depth_arguments
from movenet_ros.replay.inputs import add_input_argument
from movenet_ros.replay.inputs import add_parameters
from movenet_ros.replay.inputs import dashed
from movenet_ros.replay.inputs import opened
from movenet_ros.replay.inputs import run
from movenet_ros.replay.many.tasks import are_many
from movenet_ros.replay.summary import summary

if TYPE_CHECKING:
    from movenet_ros.replay.outputs import Targets

INTERRUPTED = 130  # what shells expect
NOTHING_WRITTEN = 'nothing (--out BAG, --video FILE.mp4, --jsonl FILE, --rrd FILE.rrd do)'


def main(argv: Sequence[str] | None = None) -> int:
    """Replay and print a summary."""
    args = _parser().parse_args(dashed(sys.argv[1:] if argv is None else argv))
    if args.jobs or args.ray or are_many(args.input):
        return _many(args)
    (args.input,) = args.input
    with ExitStack() as stack:
        inputs = stack.enter_context(opened(args, args.kinematics))
        from movenet_ros.replay.outputs import Outputs  # once it is known that mcap is there

        source = inputs.source
        outputs = stack.enter_context(Outputs(_targets(args), args.input, source))
        if args.markers and not source.topics_3d:
            raise StartError(f'--markers: {source.name} has no depth to place people by')
        done = run(inputs, outputs.consume, outputs.notes)
        written = outputs.complete()
    names = ', '.join(map(one_line, written)) or NOTHING_WRITTEN
    print('\n'.join([*summary(done, source.total), f'written    {names}']), flush=True)
    if done.tally.is_interrupted:
        return INTERRUPTED
    if source.damage:
        raise StartError(source.damage)
    return int(done.tally.skipped > 0)


def _many(args: Namespace) -> int:
    """Replay several recordings; return the exit code."""
    needs('mcap')
    from movenet_ros.replay.many.run import replay_many

    rows, is_interrupted = replay_many(args, _targets(args))
    return INTERRUPTED if is_interrupted else int(any(each.line for each in rows))


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        'replay', description=__doc__, formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_input_argument(parser, more='; several of them, or a folder with bags and videos below it')
    parser.add_argument(
        '--out', type=Path, metavar='BAG',
        help='write a rosbag2: /poses, /detections and all that is in the bag INPUT; of several,'
        ' the folder for their bags and the summary',
    )
    parser.add_argument(
        '--jobs', type=_count, metavar='N',
        help='of several recordings, how many are replayed at once, each by a process with a model'
        ' of its own (default 1); they share the cores of the machine',
    )
    parser.add_argument(
        '--ray', default='', metavar='ADDRESS',
        help='replay them on a Ray cluster: HOST:PORT or auto; local: one on this machine; with'
        ' --jobs, at most so many at once (needs ray)',
    )
    parser.add_argument(
        '--gpus-per-task', type=_share, default=0.0, metavar='SHARE',
        help='of --ray: part of a GPU that each takes, such as 0.25 (default: none)',
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
    add_depth_arguments(parser, '/poses_3d gets into the bag')
    parser.add_argument(
        '--markers', action='store_true', help='write /markers of these people into it, too'
    )
    parser.add_argument(
        '--kinematics', action='store_true',
        help='write /joint_angles and /activities into it, and both into the files of --jsonl and'
        ' --rrd, too; of people in metres where a depth camera measured them, else in the image',
    )
    parser.add_argument('--video', type=Path, metavar='FILE.mp4', help='write an annotated video')
    parser.add_argument(
        '--jsonl', type=Path, metavar='FILE', help='write a line of JSON for each image'
    )
    parser.add_argument(
        '--rrd', type=Path, metavar='FILE.rrd',
        help='write a file for the Rerun viewer: images, people, scores (needs rerun-sdk)',
    )
    parser.add_argument('--overwrite', action='store_true', help='replace existing outputs')
    add_parameters(parser)
    return parser


def _count(text: str) -> int:
    """Read a number of processes."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f'{text} is not a whole number above 0')
    return int(text)


def _share(text: str) -> float:
    """Read a share of a GPU; from 1 on, Ray knows whole ones alone."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not (0.0 <= share <= 1.0 or share.is_integer() and share > 0):
        raise ArgumentTypeError(f'{text} is neither between 0 and 1 nor a whole number')
    return share


def _targets(args: Namespace) -> Targets:
    """
    Collect what is to be written.

    :raises StartError: if it makes no sense.
    """
    from movenet_ros.replay.outputs import Targets

    for name in ('annotated', 'annotations', 'markers'):
        if getattr(args, name) and args.out is None:
            raise StartError(f'--{name} is for the bag of --out')
    if args.kinematics and (args.out or args.jsonl or args.rrd) is None:
        raise StartError('--kinematics is for --out, --jsonl or --rrd')
    return Targets(
        args.out, args.video, args.jsonl, args.storage, args.annotated, args.markers,
        args.overwrite, args.kinematics, args.annotations, args.rrd,
    )
