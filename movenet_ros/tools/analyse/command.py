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
Look at how people move in a recording: joint angles, postures, gestures, repetitions, a report.

The people are found as by replay, in a bag, a video or a folder of pictures; in a bag with depth,
angles are those in space. DIR gets angles.csv and angles.parquet (a row per image and person),
events.json, and report.html, which opens without a network.
"""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import ArgumentTypeError
from argparse import Namespace
from argparse import RawDescriptionHelpFormatter
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import ExitStack
import math
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
from movenet_ros.replay.summary import summary
from movenet_ros.settings import OFF

if TYPE_CHECKING:
    from movenet_ros.core.kinematics.comparison import Comparison
    from movenet_ros.core.kinematics.repetitions import Repetitions
    from movenet_ros.replay.source import Source
    from movenet_ros.tools.analyse.analysis import Analysis

INTERRUPTED = 130  # what shells expect
PACKAGES = ('plotly', 'pyarrow')


def main(argv: Sequence[str] | None = None) -> int:
    """Analyse, write the files and print a summary."""
    args = _parser().parse_args(dashed(sys.argv[1:] if argv is None else argv))
    if args.out is None and args.save_reference is None:
        raise StartError('nothing to write: give --out DIR, or --save-reference FILE')
    for each in PACKAGES:
        needs(each)
    from movenet_ros.tools.analyse.references import read_reference

    reference = read_reference(args.reference) if args.reference else None
    with ExitStack() as stack:
        inputs = stack.enter_context(opened(args, observes=True))
        from movenet_ros.tools.analyse.analysis import analysed
        from movenet_ros.tools.analyse.files import Files
        from movenet_ros.tools.analyse.watching import Watching

        source = inputs.source
        is_followed = inputs.settings.tracking.association != OFF
        are_stills = source.are_pictures and not is_followed
        _check(args, source, is_followed)
        targets = args.out, args.save_reference, args.overwrite
        files = stack.enter_context(Files(*targets, args.input))
        threshold = inputs.settings.keypoint_threshold
        pose = reference if isinstance(reference, Mapping) else None
        watching = Watching(are_stills, args.person, threshold, pose)
        done = run(inputs, watching.consume)
        lines = summary(done, source.total)
        if done.tally.processed:  # not where a signal came before the first image
            analysis = analysed(watching.record(), watching.snapshots, args.person, reference)
            lines += _lines(analysis)
            if args.save_reference:
                files.save_reference(analysis.record, args.at or 0.0, args.person)
            if args.out:
                files.write(inputs, done, analysis, watching)
        names = ', '.join(map(one_line, files.complete())) or 'nothing'
    print('\n'.join([*lines, f'written    {names}']), flush=True)
    if done.tally.is_interrupted:
        return INTERRUPTED
    if source.damage:
        raise StartError(source.damage)
    return int(done.tally.skipped > 0)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        'analyse', description=__doc__, formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_input_argument(parser)
    parser.add_argument('--out', type=Path, metavar='DIR', help='a new folder for the files')
    parser.add_argument(
        '--reference', type=Path, metavar='R',
        help='compare with a pose (of --save-reference), or with a clip of one person: the DIR or'
        ' the angles.parquet of its analysis',
    )
    parser.add_argument(
        '--save-reference', type=Path, metavar='FILE.json',
        help='write the angles of a person as a reference, with tolerances to be edited',
    )
    parser.add_argument(
        '--at', type=_instant, metavar='SECONDS',
        help='since the first image: the instant of --save-reference',
    )
    parser.add_argument(
        '--person', type=int, metavar='ID', help='look at one person only (default: everybody)'
    )
    parser.add_argument('--overwrite', action='store_true', help='replace existing outputs')
    add_depth_arguments(parser, 'angles are those in space')
    add_parameters(parser, draws=False)
    return parser


def _instant(text: str) -> float:
    """Read a number from 0 on."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value < math.inf:
        raise ArgumentTypeError(f'{text} is not a number from 0 on')
    return value


def _check(args: Namespace, source: Source, is_followed: bool) -> None:
    """
    Refuse what makes no sense, before a long run.

    :raises StartError: for that.
    """
    if args.at is not None and args.save_reference is None:
        raise StartError('--at is for --save-reference FILE')
    if args.save_reference and args.at is None and source.total != 1:
        raise StartError('--save-reference needs --at SECONDS: of which instant?')
    if not (is_followed or source.are_pictures):
        raise StartError('--tracking-association off is for pictures: how people move needs ids')
    if args.person is not None and not is_followed:
        raise StartError(
            '--person: people in pictures have no ids; --tracking-association keypoints gives them'
        )


def _lines(analysis: Analysis) -> list[str]:
    """Return the lines of the summary about people."""
    lines = []
    for person in analysis.people:
        parts = [_counted(person.repetitions), _compared(person.comparison)]
        said = '; '.join(filter(None, parts)) or f'{len(person.rows())} images'
        lines.append(f'person {person.number:<4}{said}')
    for still in analysis.stills:
        if still.comparison:
            file = analysis.record.files[still.snapshot.image]
            lines.append(f'{one_line(file)}: {_compared(still.comparison)}')
    return lines


def _counted(repetitions: Repetitions) -> str:
    """Return how many repetitions there are; empty for none."""
    if not repetitions.each:
        return ''
    widest = max(each.most - each.least for each in repetitions.each)
    return (
        f'{len(repetitions.each)} repetitions of {repetitions.angle}, up to'
        f' {math.degrees(widest):.0f} degrees'
    )


def _compared(comparison: Comparison | None) -> str:
    """Return what the reference tells; empty without one."""
    if comparison is None:
        return ''
    marks = f'score {comparison.score:.0f} of 100. ' if math.isfinite(comparison.score) else ''
    return f'{marks}{comparison.sentence}'
