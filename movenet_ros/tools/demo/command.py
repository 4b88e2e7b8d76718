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
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
import math
from pathlib import Path
import statistics
import sys
from typing import Any
from typing import TYPE_CHECKING

from movenet_ros.arguments import add_parameter_arguments
from movenet_ros.arguments import MODEL
from movenet_ros.arguments import parameter_values
from movenet_ros.arguments import positive
from movenet_ros.core.errors import StartError
from movenet_ros.core.media import Media
from movenet_ros.core.media import open_media
from movenet_ros.core.media import TimedImage
from movenet_ros.core.needs import needs
from movenet_ros.core.recording import codec_note
from movenet_ros.core.units import NANOSECONDS
from movenet_ros.settings import PoseParameters
from movenet_ros.settings import rows
from movenet_ros.settings import table_of
from movenet_ros.tools.demo.results import claimed
from movenet_ros.tools.demo.results import LOG
from movenet_ros.tools.demo.results import Results
from movenet_ros.tools.scene import built_in_scene
import numpy as np

if TYPE_CHECKING:
    from movenet_ros.tools.demo.player import Outcome

DEFAULT_OUT = Path('demo_out')
OPTIONS = {
    **{name: MODEL[name] for name in ('backend', 'mode', 'input_size', 'rotate')},
    **{name: rows(PoseParameters)[name] for name in ('annotate.angles', 'annotate.activities')},
}
INTERRUPTED = 130  # what shells expect


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo and print its summary."""
    args = parser().parse_args(argv)
    media = built_in_scene() if args.source is None else open_media(args.source)
    if args.seconds is not None:
        media = first_seconds(media, args.seconds)
    parameters = parameter_values(args, OPTIONS)
    if media.are_pictures:
        parameters['tracking.association'] = 'off'  # nobody walks from one into the next
    table_of(PoseParameters, parameters)  # refuses values out of range before the node starts
    needs('tqdm')
    from movenet_ros.replay.run import interruptions  # rclpy is not for --help to wait for

    with interruptions() as signals, claimed(args.out, args.source):
        outcome = _run(media, args.out, parameters, signals, args.view)
        if outcome is None or (signals and not outcome.people):
            print('interrupted before the first image came back')
            return INTERRUPTED
        if outcome.people:
            print('\n'.join(_summary(outcome, media, bool(signals))), flush=True)
    if problem := _problem(outcome, media, args.out / LOG, bool(signals)):
        raise StartError(problem)
    return 0


def _run(
    media: Media, out: Path, parameters: Mapping[str, Any], signals: Sequence[int], view: bool
) -> Outcome | None:
    """Play the source; return None if the user ends that before it begins."""
    from movenet_ros.tools.demo.graph import running_graph
    from movenet_ros.tools.demo.player import PAGE_S
    from movenet_ros.tools.demo.player import Player

    content = f'{media.rate_hz:.4g} images per second'
    if media.are_pictures:
        content = f'{media.count} picture{"s" * (media.count != 1)}'
    print(f'{media.name}, {content}; starting the pose node, see {out / LOG}', flush=True)
    for note in (*media.notes, codec_note() if not media.are_pictures else ''):
        if note:
            print(note, flush=True)
    tqdm = needs('tqdm').tqdm

    def warn(line: str) -> None:
        tqdm.write(line, file=sys.stdout)

    with running_graph(parameters, out / LOG, view) as (node, child):
        player = Player(node, child, warn, signals)
        if not player.wait_for_node():
            return None
        if view:
            print(f'waiting for the page to be opened, {PAGE_S:.0f} s at most', flush=True)
            player.wait_for_page()
        try:
            with Results(out, media) as results:
                with tqdm(total=media.count, unit='image', file=sys.stdout, disable=None) as bar:
                    player.play(media, results, bar.update)
                    if not signals and not player.outcome.damage:
                        bar.total = bar.n  # of a video it was an estimate
                player.outcome.files = results.finish()
        except StartError as error:  # a full disk, say
            done = f'after {len(player.outcome.people)} of {media.count or "?"} images'
            raise StartError(f'{done}: {error}') from error
    return player.outcome


def _summary(outcome: Outcome, media: Media, is_interrupted: bool) -> list[str]:
    """Return the lines of the summary."""
    lines = []
    if is_interrupted:
        lines.append(f'interrupted after {outcome.sent} of {media.count or "?"} images')
    counts = f'{outcome.sent} sent, {len(outcome.people)} processed, {outcome.dropped} dropped'
    if media.is_live and outcome.dropped:
        counts += ': they came faster than the node is, which takes the newest one'
    if outcome.unreadable:
        counts += f'; {outcome.unreadable} could not be read'
    people = outcome.people
    latencies_ms = 1000 * np.array(outcome.latencies_s)
    median_ms, p95_ms = np.median(latencies_ms), np.percentile(latencies_ms, 95)
    speed = f'{max(1000 / median_ms, outcome.rate_hz):.1f} images per second possible'
    if not media.are_pictures:
        speed += f', {media.rate_hz:.4g} in the source'
    files = ', '.join(map(str, outcome.files))
    return [
        *lines,
        f'images     {counts}',
        f'people     {statistics.median(people):g} in an image'
        f' (median; {min(people)} to {max(people)})',
        f'latency    {median_ms:.1f} ms median, {p95_ms:.1f} ms p95, image to poses',
        f'speed      {speed}',
        f'backend    {outcome.backend or "unknown"}',
        f'mode       {outcome.mode or "unknown"}',
        f'written    {files}',
        f'open       {outcome.files[0]}',
    ]


def _problem(outcome: Outcome, media: Media, log: Path, is_interrupted: bool) -> str:
    """Return what was lost, in a sentence, or nothing."""
    if outcome.damage:
        return outcome.damage
    if not outcome.sent:
        return f'none of the pictures in {media.name} could be read'
    if not outcome.people or (outcome.dropped and not media.is_live and not is_interrupted):
        return f'{outcome.dropped} of {outcome.sent} images did not come back, see {log}'
    if count := outcome.unreadable:
        return f'{count} picture{"s" * (count > 1)} in {media.name} could not be read'
    return ''


def first_seconds(media: Media, seconds: float) -> Media:
    """Cut a source short."""
    most = max(1, math.ceil(seconds * media.rate_hz))
    end_ns = seconds * NANOSECONDS

    def images() -> Iterator[TimedImage]:
        return takewhile(lambda each: each.time_ns < end_ns, media.images())

    return replace(media, count=min(most, media.count or most), images=images)


def parser() -> ArgumentParser:
    """Return the command line's parser; scripts/papers prints its help into scripts/demo."""
    parser = ArgumentParser('demo', description=__doc__)
    parser.add_argument(
        'source', nargs='?', metavar='SOURCE',
        help='a video file, a picture or a folder of them, a camera (0, /dev/videoN or an address'
        ' as rtsp://...); nothing: a built-in scene with two people',
    )
    parser.add_argument(
        '--out', type=Path, default=DEFAULT_OUT, metavar='DIR',
        help='where to write annotated.mp4 and annotated.png (of pictures a folder, annotated),'
        ' poses.jsonl and pose_node.log, in place of those of an earlier demo'
        ' (default %(default)s)',
    )
    parser.add_argument(
        '--seconds', type=positive, metavar='N',
        help='end after so many seconds of images (default: at the end; a camera: Ctrl-C)',
    )
    parser.add_argument(
        '--view', action='store_true',
        help='show the annotated images as a page in the browser while the demo runs',
    )
    add_parameter_arguments(parser, OPTIONS)
    return parser
