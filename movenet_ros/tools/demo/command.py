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

"""Run the whole graph, camera to skeletons, on a video, a camera, pictures or a built-in scene."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
import math
from pathlib import Path
import statistics
import sys

from movenet_ros.arguments import add_parameter_arguments
from movenet_ros.arguments import MODEL
from movenet_ros.arguments import parameter_values
from movenet_ros.arguments import positive
from movenet_ros.core.errors import StartError
from movenet_ros.core.media import Media
from movenet_ros.core.media import open_media
from movenet_ros.core.needs import needs
from movenet_ros.settings import Settings
from movenet_ros.settings import table_of
from movenet_ros.tools.scene import built_in_scene
import numpy as np

DEFAULT_OUT = Path('demo_out')
OPTIONS = {name: MODEL[name] for name in ('backend', 'input_size', 'rotate')}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo and print its summary."""
    args = parser().parse_args(argv)
    media = open_media(args.source) if args.source else built_in_scene()
    if args.seconds is not None:
        media = first_seconds(media, args.seconds)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(f'cannot write to {args.out}: {error.strerror}') from error
    from movenet_ros.tools.demo.graph import run_graph  # rclpy is not for --help to wait for

    print(f'{media.name}, {media.rate_hz:g} images per second; starting the pose node', flush=True)
    parameters = parameter_values(args, OPTIONS)
    table_of(Settings, parameters)  # refuses values out of range before the node starts
    with needs('tqdm').tqdm(total=media.count, unit='image', file=sys.stdout) as bar:

        def show(done: int) -> None:
            if not bar.n:
                bar.reset()  # the clock starts with the first image, not with the model
            bar.update(done - bar.n)

        outcome = run_graph(media, args.out, parameters, show)
        show(outcome.sent)  # those that were dropped are over, too
    if not outcome.people:
        raise StartError(f'no image came back, see {args.out}/pose_node.log')
    processed = len(outcome.people)
    rate_hz = (processed - 1) / outcome.seconds if processed > 1 else 0.0
    latencies_ms = 1000 * np.array(outcome.latencies_s)
    print(
        f'images     {outcome.sent} sent, {processed} processed,'
        f' {outcome.sent - processed} dropped\n'
        f'people     {statistics.median(outcome.people):g} in an image (median;'
        f' {min(outcome.people)} to {max(outcome.people)})\n'
        f'speed      {rate_hz:.1f} images per second\n'
        f'latency    {np.median(latencies_ms):.1f} ms median,'
        f' {np.percentile(latencies_ms, 95):.1f} ms p95, image to poses\n'
        f'backend    {outcome.backend}\n'
        f'written    {args.out}/annotated.mp4, annotated.png, poses.jsonl, pose_node.log'
    )
    return 0


def first_seconds(media: Media, seconds: float) -> Media:
    """Cut a source short."""
    most = max(1, math.ceil(seconds * media.rate_hz))
    count = most if media.count is None else min(most, media.count)
    return replace(media, count=count, images=lambda: islice(media.images(), most))


def parser() -> ArgumentParser:
    """Return the command line's parser; scripts/papers prints its help into scripts/demo."""
    parser = ArgumentParser('demo', description=__doc__)
    parser.add_argument(
        'source', nargs='?', metavar='SOURCE',
        help='a video file, a folder of pictures, a camera index (0) or /dev/videoN;'
        ' nothing: a built-in scene with two people',
    )
    parser.add_argument(
        '--out', type=Path, default=DEFAULT_OUT, metavar='DIR',
        help='where to write annotated.mp4, annotated.png, poses.jsonl and pose_node.log'
        ' (default %(default)s)',
    )
    parser.add_argument(
        '--seconds', type=positive, metavar='N',
        help='end after so many seconds of images (default: at the end; a camera: Ctrl-C)',
    )
    add_parameter_arguments(parser, OPTIONS)
    return parser
