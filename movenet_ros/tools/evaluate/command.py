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
Measure the pipeline of the node: keypoint AP of pictures, people over time, people in metres.

A picture that cannot be read is named and does not count, nor do the people in it.
"""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import ArgumentTypeError
from argparse import Namespace
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import json
from pathlib import Path
from typing import Any

from movenet_ros.arguments import add_parameter_arguments
from movenet_ros.arguments import MODEL
from movenet_ros.arguments import parameter_values
from movenet_ros.core.errors import StartError
from movenet_ros.model.movenet import MAX_PEOPLE
from movenet_ros.perception import Perception
from movenet_ros.settings import changed
from movenet_ros.settings import rows
from movenet_ros.settings import Settings
from movenet_ros.settings import table_of
from movenet_ros.tools.evaluate import spent
from movenet_ros.tools.evaluate.clip import Clip
from movenet_ros.tools.evaluate.clip import read_clip
from movenet_ros.tools.evaluate.coco import read_pictures
from movenet_ros.tools.evaluate.depth import evaluate_depth
from movenet_ros.tools.evaluate.depth import MEANINGS as DEPTH_MEANINGS
from movenet_ros.tools.evaluate.depth_clip import DepthClip
from movenet_ros.tools.evaluate.depth_clip import read_depth_clip
from movenet_ros.tools.evaluate.pictures import evaluate_pictures
from movenet_ros.tools.evaluate.tracks import evaluate_tracks
from movenet_ros.tools.evaluate.tracks import MEANINGS
from movenet_ros.tools.report import ScreenLog

ALL_PEOPLE = {  # whom AP counts
    'max_people': MAX_PEOPLE, 'person_threshold': 0.0, 'tracking.association': 'off',
}
DECIMALS = {
    **dict.fromkeys(('IDSW', 'answered_without_depth'), 0),
    **dict.fromkeys(('lag_ms', 'lag_ms_raw', *spent.MEANINGS), 1),
    **dict.fromkeys(('angle_error_deg_median', 'angle_error_deg_p90'), 1),
    'crops': 2,
    **dict.fromkeys(('MPJPE', 'MPJPE_centre'), 4),
}
FOLLOWING = {
    name: row
    for name, row in rows(Settings).items()
    if name.startswith(('tracking.', 'smoothing.')) and name != 'smoothing.enabled'
}  # both on and off are measured

Evaluate = Callable[[Namespace, Any, Perception], Mapping[str, Any]]


def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate, print the figures and write them."""
    parser = _parser()
    args = parser.parse_args(argv)
    kind = _kind(parser, args)
    values = parameter_values(args, {**MODEL, **FOLLOWING})
    settings = table_of(Settings, {**ALL_PEOPLE, **values} if kind == 'pictures' else values)
    truth: Any
    if kind == 'depth':
        truth = read_depth_clip(args.depth)
    elif kind == 'clip':
        truth = read_clip(args.tracks, args.video)
    else:
        truth = read_pictures(args.annotations, args.images)
    if args.person_threshold is not None:
        settings = changed(settings, {'person_threshold': args.person_threshold})
    with Perception(settings, ScreenLog()) as perception:
        about = {
            'backend': str(perception.runtime.info),
            'mode': perception.choice.mode,
            'input_size': settings.input_size,
            'rotate': settings.rotate,
            'person_threshold': settings.person_threshold,
            'stream': args.stream,
        }
        size, mode = settings.input_size, about['mode']
        print(f'{about["backend"]}, input size {size}, mode {mode}', flush=True)
        of_kinds: dict[str, Evaluate] = {'depth': _depth, 'clip': _clip, 'pictures': _pictures}
        figures = of_kinds[kind](args, truth, perception)
    if args.json is not None:
        known = _known(figures)
        try:
            args.json.write_text(json.dumps({**known, **about}, indent=2) + '\n')
        except OSError as error:
            raise StartError(f'cannot write {args.json}: {error.strerror}') from error
    return 0


def _kind(parser: ArgumentParser, args: Namespace) -> str:
    """Return what is to be measured: pictures, a clip, or one with depth."""
    given = {
        'pictures': [args.annotations, args.images],
        'clip': [args.tracks, args.video],
        'depth': [args.depth],
    }
    whole = [kind for kind, values in given.items() if None not in values]
    if not whole:
        parser.error('give --annotations and --images, or --tracks and --video, or --depth')
    if sum(any(values) for values in given.values()) > 1:
        parser.error('pictures or a clip, not both; a clip with depth is one of its own')
    if args.stream and whole != ['pictures']:
        parser.error('--stream is for pictures: a clip is a stream already')
    return whole[0]


def _known(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures for JSON, which has no NaN."""
    return {
        name: _known(value) if isinstance(value, dict) else None if value != value else value
        for name, value in figures.items()
    }


def _count(text: str) -> int:
    """Read a number of images."""
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"'{text}' is no number of images, from 1 on")
    return int(text)


def _clip(args: Namespace, clip: Clip, perception: Perception) -> dict[str, Any]:
    """Measure people over time and print the figures, a line each."""
    figures = evaluate_tracks(clip, perception)
    returns = {name: figures[name] for name in figures if name.startswith('returns_')}
    apart = {*returns, 'angles'}
    _print_lines({name: figures[name] for name in figures if name not in apart})
    print('returns', '/'.join(f'{count:.0f}' for count in returns.values()))
    return figures


def _depth(
    args: Namespace, clip: DepthClip, perception: Perception
) -> dict[str, dict[str, float]]:
    """Measure people in metres and print the figures, a line each, of true and of found joints."""
    figures = evaluate_depth(clip, perception)
    for name, each in figures.items():
        print(name)
        _print_lines(each)
    return figures


def _pictures(args: Namespace, truth: Any, perception: Perception) -> dict[str, float]:
    """Measure AP, AR and what it takes, and print the figures, a line each."""
    figures = evaluate_pictures(truth, args.images, perception, args.stream)
    skipped, total = figures['skipped'], len(truth.imgs)
    print(f'images {figures["images"]}, skipped {skipped}')
    _print_lines({name: figures[name] for name in figures if name not in ('images', 'skipped')})
    if skipped:
        print(f'{skipped} of {total} pictures could not be read: the figures are of the others'
              ' alone')
    return figures


def _print_lines(figures: Mapping[str, float]) -> None:
    for name, value in figures.items():
        print(f'{name} {value:.{DECIMALS.get(name, 3)}f}')


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        'evaluate',
        usage='%(prog)s --annotations COCO.json --images DIR | --tracks CLIP.json --video FILE'
        ' | --depth DIR [OPTIONS]',
        description=__doc__.strip().splitlines()[0],
        epilog='figures beside those of COCO:\n' + ''.join(
            f'  {name:<24}{meaning}\n'
            for name, meaning in {**spent.MEANINGS, **MEANINGS, **DEPTH_MEANINGS}.items()
        ),
        formatter_class=RawDescriptionHelpFormatter,
    )
    pictures = parser.add_argument_group('pictures')
    pictures.add_argument(
        '--annotations', type=Path, metavar='COCO.json',
        help="ground truth in COCO's keypoint format",
    )
    pictures.add_argument('--images', type=Path, metavar='DIR', help='folder of the pictures')
    pictures.add_argument(
        '--stream', type=_count, default=0, metavar='N',
        help='make a stream of N images of each picture, of a camera that shakes and drifts at'
        ' 30 Hz, and take the people of the last one, which is the picture itself (default: each'
        ' picture on its own); smoothed only with --tracking-association',
    )
    clip = parser.add_argument_group('a clip')
    clip.add_argument(
        '--tracks', type=Path, metavar='CLIP.json',
        help="ground truth in COCO's keypoint format, with a track_id for each person, a"
        ' frame_index for each image and fps in info',
    )
    clip.add_argument('--video', type=Path, metavar='FILE', help='the video that it is for')
    clip.add_argument(
        '--depth', type=Path, metavar='DIR',
        help='a clip with depth instead: a folder with color.mp4, depth.zip (or depth.npz),'
        ' camera.json and truth.json; people in metres, once of the true joints moved by 3 to 6'
        ' pixels (2d=truth), once of those found (2d=detected)',
    )
    add_parameter_arguments(clip, FOLLOWING)
    parser.add_argument(
        '--person-threshold', type=float, metavar='X',
        help='minimum score of a person (default: 0 for pictures, as AP asks;'
        f' {Settings.person_threshold} for a clip, as in the node)',
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here too')
    add_parameter_arguments(parser.add_argument_group('the model'), MODEL)
    return parser
