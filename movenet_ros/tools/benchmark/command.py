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
Measure the pipeline and the whole graph against the bare model and TensorFlow's tutorial.

All of it happens in one run and in turns, so that a busy machine is busy for everything.
"""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import ArgumentTypeError
from argparse import Namespace
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from importlib import metadata
import json
import os
from pathlib import Path
import platform
import sys
from typing import Any

import cv2
from movenet_ros.arguments import add_parameter_arguments
from movenet_ros.arguments import MODEL
from movenet_ros.arguments import parameter_values
from movenet_ros.arguments import positive
from movenet_ros.arguments import refuse_unwritable
from movenet_ros.backends.request import BACKEND_CHOICES
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import read_picture
from movenet_ros.core.image import SourceImage
from movenet_ros.core.machine import machine
from movenet_ros.model.movenet import MultiPose
from movenet_ros.model.movenet import SPEC
from movenet_ros.model.store import ensure_model
from movenet_ros.model.store import model_at
from movenet_ros.model.variants import variant_named
from movenet_ros.networks import open_network
from movenet_ros.settings import Settings
from movenet_ros.settings import table_of
from movenet_ros.tools.benchmark import tutorial
from movenet_ros.tools.benchmark.bare_model import bare_model
from movenet_ros.tools.benchmark.modes import CROWDS
from movenet_ros.tools.benchmark.modes import Modes
from movenet_ros.tools.benchmark.pipeline import measure_pipeline
from movenet_ros.tools.benchmark.pipeline import Subject
from movenet_ros.tools.benchmark.pipeline import TUTORIAL
from movenet_ros.tools.benchmark.recorded_runs import recorded_runs
from movenet_ros.tools.benchmark.report import DEFINITIONS
from movenet_ros.tools.benchmark.report import pipeline_ratios
from movenet_ros.tools.benchmark.report import ratios_of_sizes
from movenet_ros.tools.benchmark.report import table
from movenet_ros.tools.report import ScreenLog
from movenet_ros.tools.scene import built_in_scene
import numpy as np

SIDES = range(16, 8192 + 1)
TURNS_S, MODES_S, GRAPH_S = 15.0, 5.0, 10.0  # where --seconds is not given
OPTIONS = {
    name: row
    for name, row in MODEL.items()
    if name in ('device', 'input_size', 'model_path', 'mode') or name.startswith('refine.')
}
LOG = ScreenLog(sys.stderr)
HUB = variant_named(SPEC.variant).hub_handle


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table and write the report."""
    args = _parser().parse_args(argv)
    image = _image(args.image)
    if args.json is not None:
        refuse_unwritable(args.json)
    graphs = _graphs()
    load_before = os.getloadavg()
    files = model_at(args.model_path) if args.model_path else ensure_model(SPEC.variant)
    settings = table_of(Settings, parameter_values(args, OPTIONS))
    subjects = _open_runtimes(settings, args.backends)
    loop = _open_tutorial(args)
    images = {_name(wh): _resized(image, wh) for wh in args.size}
    sizes = {}
    for size, each in images.items():
        seconds = args.seconds or TURNS_S
        LOG.info(f'{size}: tutorial, bare model and pipeline in turns, {seconds:g} s')
        sizes[size] = measure_pipeline(seconds, each, subjects, loop)
    first = next(iter(subjects))
    with closing(Modes(subjects[first].settings, LOG)) as modes:
        for mode, reason in modes.lacking.items():
            print(f'mode {mode} is not measured: {reason}', flush=True)
        for size, wh in zip(images, args.size):
            seconds = args.seconds or MODES_S
            LOG.info(f'{size}: modes in turns, {len(CROWDS)} times {seconds:g} s')
            sizes[size]['modes'] = modes.measure(seconds, wh)
    for size, each in images.items():
        sizes[size]['graph'] = _measure_graph(args, each, subjects[first], graphs)
    by_backend = {name: pipeline_ratios(sizes, name) for name in subjects}
    report = {
        'date': datetime.now().astimezone().isoformat(timespec='seconds'),
        'arguments': vars(args),
        'machine': {
            **machine(),
            'load_average_before': load_before,
            'load_average_after': os.getloadavg(),
        },
        'versions': {
            'movenet_ros': _own_version(),
            'python': platform.python_version(),
            'numpy': np.__version__,
            'opencv': cv2.__version__,
            'rmw': graphs.rmw_implementation(),
            TUTORIAL: f'tensorflow {loop.version}' if loop else None,
            **{name: str(each.runtime.info) for name, each in subjects.items()},
        },
        'model': files.variant,
        'backend': first,
        'why': subjects[first].why,
        'modes_lacking': modes.lacking,
        'sizes': sizes,
        'definitions': DEFINITIONS,
        'ratios': {**by_backend[first], **ratios_of_sizes(sizes)},
        'ratios_by_backend': by_backend,
    }
    print(table(report), flush=True)
    if args.json is not None:
        args.json.write_text(json.dumps(report, indent=2, default=str) + '\n')
    return 0


def image_size(text: str) -> tuple[int, int]:
    """Read a size of images: width and height in pixels."""
    width, cross, height = text.partition('x')
    numbers = width.isdecimal() and height.isdecimal()
    if not numbers or int(width) not in SIDES or int(height) not in SIDES:
        raise ArgumentTypeError(f"'{text}' is no size like 640x480, of 16 to 8192 pixels")
    return int(width), int(height)


def _sizes(text: str) -> list[tuple[int, int]]:
    return [image_size(each) for each in text.split(',')]


def _backends(text: str) -> list[str]:
    names = text.split(',')
    for name in names:
        if name not in BACKEND_CHOICES:
            choices = ', '.join(BACKEND_CHOICES)
            raise ArgumentTypeError(f"unknown backend '{name}', choose from {choices}")
    return names


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        'benchmark',
        description=__doc__.strip().splitlines()[0],
        epilog='ratios:\n' + ''.join(
            f'  {name}\n      {meaning}\n' for name, meaning in DEFINITIONS.items()
        ),
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--image', type=Path, metavar='PATH',
        help='a picture with people (default: a built-in scene with two); the modes are compared'
        ' in the built-in scene',
    )
    parser.add_argument(
        '--size', type=_sizes, default='1280x720,640x480', metavar='WxH,...',
        help='sizes of image to measure with (default %(default)s)',
    )
    add_parameter_arguments(parser, OPTIONS)
    parser.add_argument(
        '--backends', type=_backends, metavar='NAME,...',
        help="runtimes, the first one in the graph too (default: auto, the node's own choice,"
        f' and all others that are installed): {", ".join(BACKEND_CHOICES)}',
    )
    parser.add_argument(
        '--tutorial', type=Path, metavar='DIR',
        help="measure the loop of TensorFlow Hub's tutorial too: its SavedModel of MoveNet"
        f' MultiPose, from {HUB}',
    )
    parser.add_argument(
        '--seconds', type=positive, metavar='N',
        help='how long each size is measured: in one process (default 15), the modes with each'
        ' number of people (default 5), in the graph at 30 Hz (default 10, which are 300 images)'
        ' and flat out (default 10)',
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='write everything here too')
    return parser


def _image(path: Path | None) -> SourceImage:
    """
    Read the picture, or make the built-in scene: BGR either way.

    :raises StartError: if it cannot be read.
    """
    try:
        image = next(built_in_scene().images()).image if path is None else read_picture(path)
        if isinstance(image, ImageError):
            raise image
    except ImageError as error:
        raise StartError(f'{error}: give --image a JPEG or PNG') from error
    return image


def _name(wh: tuple[int, int]) -> str:
    return f'{wh[0]}x{wh[1]}'


def _resized(image: SourceImage, wh: tuple[int, int]) -> SourceImage:
    return image.with_pixels(cv2.resize(image.pixels, wh))


def _graphs() -> Any:
    """Import the part that needs ROS, which --help need not wait for."""
    try:
        from movenet_ros.tools.benchmark import graph as benchmark_graph
    except ImportError as error:
        raise StartError(
            f'the graph needs ROS ({error}): source a ROS distribution'
            ' (source /opt/ros/DISTRO/setup.bash), or run scripts/setup'
        ) from error
    return benchmark_graph


def _open_runtimes(settings: Settings, names: Sequence[str] | None) -> dict[str, Subject]:
    """Open the runtimes asked for, or the node's own choice and all others installed."""
    subjects: dict[str, Subject] = {}
    spec = MultiPose(settings.input_size, 0.0).spec
    for name in names or BACKEND_CHOICES:
        if name in subjects:  # auto took it
            continue
        try:
            opened = open_network(replace(settings, backend=name), spec, LOG)
        except StartError as error:
            if names or name == 'auto':
                raise
            print(f'{name} is not measured: {error}', flush=True)
            continue
        info = opened.runtime.info
        if info.name not in subjects:
            how = replace(settings.runtime, threads=info.threads, precision=info.precision)
            same = replace(settings, backend=info.name, runtime=how)
            subjects[info.name] = Subject(opened.runtime, same, opened.why)
    return subjects


def _open_tutorial(args: Namespace) -> tutorial.TutorialLoop | None:
    """Open the baseline; without it, its ratios are None."""
    reason = f'give --tutorial the SavedModel of {HUB}'
    if args.tutorial is not None:
        try:
            return tutorial.load(args.tutorial, args.device)
        except StartError as error:
            reason = str(error)
    print(f'the tutorial is not measured: {reason}', flush=True)
    return None


def _measure_graph(
    args: Namespace, image: SourceImage, subject: Subject, graphs: Any
) -> dict[str, Any]:
    """Measure the pose node, and the bare model of its backend in a process of its own."""
    seconds = args.seconds or GRAPH_S
    size = _name(image.wh)
    LOG.info(f'{size}: graph and bare model in turns, {seconds:g} s at 30 Hz and flat out')
    parameters = {
        'backend': args.backends[0] if args.backends else 'auto',
        **parameter_values(args, OPTIONS),
    }
    mode, runs = recorded_runs(table_of(Settings, parameters), image, LOG)
    with bare_model(subject.settings, runs) as bare:
        figures: dict[str, Any] = graphs.measure_graph(image.pixels, bare, parameters, seconds)
    if not figures['backend'].startswith(str(subject.runtime.info)):  # it measured anew, say
        print(f'the node, unlike the bare model, ran {figures["backend"]}', flush=True)
    if not figures['mode'].startswith(mode):
        print(f'the node, unlike the bare model, ran in mode {figures["mode"]}', flush=True)
    return figures


def _own_version() -> str | None:
    """Return this package's version, None where it runs without having been installed."""
    try:
        return metadata.version('movenet_ros')
    except metadata.PackageNotFoundError:
        return None
