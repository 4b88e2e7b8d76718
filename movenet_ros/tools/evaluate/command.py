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
Measure the pipeline of the node: COCO keypoint AP of pictures, or people over time in a clip.

A picture that cannot be read is named and does not count, nor do the people in it.
"""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import Namespace
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
import json
from pathlib import Path
import sys
from typing import Any

from movenet_ros.arguments import add_parameter_arguments
from movenet_ros.arguments import MODEL
from movenet_ros.arguments import parameter_values
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import read_picture
from movenet_ros.core.needs import needs
from movenet_ros.model.movenet import MAX_PEOPLE
from movenet_ros.perception import Perception
from movenet_ros.settings import changed
from movenet_ros.settings import rows
from movenet_ros.settings import Settings
from movenet_ros.settings import table_of
from movenet_ros.tools.evaluate.coco import read_pictures
from movenet_ros.tools.evaluate.coco import results
from movenet_ros.tools.evaluate.coco import score
from movenet_ros.tools.evaluate.tracks import Clip
from movenet_ros.tools.evaluate.tracks import DECIMALS
from movenet_ros.tools.evaluate.tracks import evaluate_tracks
from movenet_ros.tools.evaluate.tracks import MEANINGS
from movenet_ros.tools.evaluate.tracks import read_clip
from movenet_ros.tools.report import ScreenLog

ALL_PEOPLE = {  # whom AP counts
    'max_people': MAX_PEOPLE, 'person_threshold': 0.0, 'tracking.association': 'off',
}
FOLLOWING = {
    name: row
    for name, row in rows(Settings).items()
    if name.startswith(('tracking.', 'smoothing.')) and name != 'smoothing.enabled'
}  # both on and off are measured


def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate, print the figures and write them."""
    parser = _parser()
    args = parser.parse_args(argv)
    of_a_clip = args.tracks is not None or args.video is not None
    wanted = ('tracks', 'video') if of_a_clip else ('annotations', 'images')
    if any(getattr(args, name) is None for name in wanted):
        parser.error('give --annotations and --images, or --tracks and --video')
    if of_a_clip and (args.annotations or args.images):
        parser.error('pictures or a clip, not both')
    settings = table_of(Settings, {**ALL_PEOPLE, **parameter_values(args, MODEL)})
    if of_a_clip:
        settings = table_of(Settings, parameter_values(args, {**MODEL, **FOLLOWING}))
        truth = read_clip(args.tracks, args.video)
    else:
        truth = read_pictures(args.annotations, args.images)
    if args.person_threshold is not None:
        settings = changed(settings, {'person_threshold': args.person_threshold})
    with Perception(settings, ScreenLog()) as perception:
        about = {
            'backend': str(perception.runtime.info),
            'input_size': settings.input_size,
            'rotate': settings.rotate,
            'person_threshold': settings.person_threshold,
        }
        print(f'{about["backend"]}, input size {settings.input_size}', flush=True)
        evaluate = _clip if of_a_clip else _pictures
        figures = evaluate(args, truth, perception)
    if args.json is not None:
        known = {name: None if value != value else value for name, value in figures.items()}
        try:
            args.json.write_text(json.dumps({**known, **about}, indent=2) + '\n')
        except OSError as error:
            raise StartError(f'cannot write {args.json}: {error.strerror}') from error
    return 0


def _clip(args: Namespace, clip: Clip, perception: Perception) -> dict[str, float]:
    """Measure people over time and print the figures, a line each."""
    figures = evaluate_tracks(clip, perception)
    for name, value in figures.items():
        print(f'{name} {value:.{DECIMALS.get(name, 3)}f}')
    return figures


def _pictures(args: Namespace, truth: Any, perception: Perception) -> dict[str, float]:
    """Measure AP and AR and print the figures, a line each."""
    detections, done = _detect(perception, truth, args.images)
    if not done:
        raise StartError(f'none of the pictures of {args.annotations} is in {args.images}')
    figures = score(truth, detections, done)
    counts = {'images': len(done), 'skipped': len(truth.imgs) - len(done)}
    print(f'images {counts["images"]}, skipped {counts["skipped"]}')
    for name, value in figures.items():
        print(f'{name} {value:.3f}')
    if counts['skipped']:
        print(f'{counts["skipped"]} of {len(truth.imgs)} pictures could not be read: the figures'
              ' are of the others alone')
    return {**figures, **counts}


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        'evaluate',
        usage='%(prog)s --annotations COCO.json --images DIR | --tracks CLIP.json --video FILE'
        ' [OPTIONS]',
        description=__doc__.strip().splitlines()[0],
        epilog='figures of a clip:\n' + ''.join(
            f'  {name:<14}{meaning}\n' for name, meaning in MEANINGS.items()
        ),
        formatter_class=RawDescriptionHelpFormatter,
    )
    pictures = parser.add_argument_group('pictures')
    pictures.add_argument(
        '--annotations', type=Path, metavar='COCO.json',
        help="ground truth in COCO's keypoint format",
    )
    pictures.add_argument('--images', type=Path, metavar='DIR', help='folder of the pictures')
    clip = parser.add_argument_group('a clip')
    clip.add_argument(
        '--tracks', type=Path, metavar='CLIP.json',
        help="ground truth in COCO's keypoint format, with a track_id for each person, a"
        ' frame_index for each image and fps in info',
    )
    clip.add_argument('--video', type=Path, metavar='FILE', help='the video that it is for')
    add_parameter_arguments(clip, FOLLOWING)
    parser.add_argument(
        '--person-threshold', type=float, metavar='X',
        help='minimum score of a person (default: 0 for pictures, as AP asks;'
        f' {Settings.person_threshold} for a clip, as in the node)',
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here too')
    add_parameter_arguments(parser.add_argument_group('the model'), MODEL)
    return parser


def _detect(
    perception: Perception, truth: Any, folder: Path
) -> tuple[list[dict[str, Any]], list[int]]:
    """Run the pipeline over every picture; return COCO results and the ids of those read."""
    progress = needs('tqdm').tqdm
    detections: list[dict[str, Any]] = []
    done: list[int] = []
    images = sorted(truth.imgs.items())
    bar = progress(images, unit='image', file=sys.stderr, disable=None)  # None: in a log file
    for image_id, entry in bar:
        name = str(entry.get('file_name', image_id))
        try:
            poses = perception.people(read_picture(folder / name))
        except ImageError as error:
            progress.write(f'skipped {name}: {error}', file=sys.stderr)
            continue
        done.append(image_id)
        detections.extend(results(poses, image_id))
    return detections, done
