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
The pose node under faults for minutes: phase after phase of what happens to robots.

The poses of every good image have to come; whatever else happens, the next good image has to work.
Exit code 1 and a line for each violation where something was wrong.
"""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import Namespace
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
import json
import os
from pathlib import Path
import sys
from typing import Any
from typing import TYPE_CHECKING

from movenet_ros.arguments import positive
from movenet_ros.arguments import refuse_unwritable
from movenet_ros.backends.request import BACKEND_CHOICES
from movenet_ros.core.image import SourceImage
from movenet_ros.core.machine import machine
from movenet_ros.core.modes import MODES
from movenet_ros.core.needs import needs
from movenet_ros.tools.report import summary
from movenet_ros.tools.scene import built_in_scene
from movenet_ros.tools.soak.plan import Phase
from movenet_ros.tools.soak.plan import PHASES
from movenet_ros.tools.soak.results import growth
from movenet_ros.tools.soak.results import LIMITS
from movenet_ros.tools.soak.results import table
from movenet_ros.tools.soak.results import violations

if TYPE_CHECKING:
    from movenet_ros.tools.soak.run import Soak


def main(argv: Sequence[str] | None = None) -> int:
    """Soak the node, print the table and the result, and write the report."""
    args = _parser().parse_args(argv)
    refuse_unwritable(args.log, '--log')
    if args.json is not None:
        refuse_unwritable(args.json)
    image = next(built_in_scene().images()).image
    assert isinstance(image, SourceImage)
    from movenet_ros.tools.harness import free_domain  # rclpy is not for --help to wait for
    from movenet_ros.tools.soak.run import run_soak

    load_before = os.getloadavg()
    progress = needs('tqdm').tqdm(
        total=round(60 * args.minutes), unit='s', file=sys.stdout, disable=None
    )
    with free_domain() as domain_id, progress as bar:
        _stay_alone(domain_id)

        def show(number: int, phase: Phase) -> None:
            line = f'round {number}, {phase.name}: {phase.meaning}'
            if bar.disable:  # without a terminal
                print(line, flush=True)
            bar.n = min(bar.total, round(bar.format_dict['elapsed']))
            bar.set_postfix_str(line)

        parameters = {'backend': args.backend, 'mode': args.mode}
        soak = run_soak(image.pixels, args.minutes, args.seed, parameters, args.log, show)
        bar.set_postfix_str('')
    found = violations(soak.counts.runs)
    rates = ', '.join(f'{hz:.0f} Hz of {w}x{h}' for (w, h), hz in soak.flat_out_hz.items())
    print(
        f'\nbackend     {soak.backend}\n'
        f'mode        {soak.mode or "unknown"}\n'
        f'rate        {rates} flat out; good images at {soak.good_hz:.0f} Hz\n\n'
        f'{table(soak.counts.runs, soak.counts.latencies_s)}'
    )
    if args.json is not None:
        report = _report(args, soak, found, load_before)
        args.json.write_text(json.dumps(report, indent=2, default=str) + '\n')
    return _result(found, soak.is_complete, args.log)


def _report(
    args: Namespace, soak: Soak, found: Sequence[str], load_before: tuple[float, float, float]
) -> dict[str, Any]:
    """Collect everything that was counted."""
    latencies_s = soak.counts.latencies_s
    return {
        'date': datetime.now().astimezone().isoformat(timespec='seconds'),
        'arguments': vars(args),
        'machine': {
            **machine(),
            'load_average_before': load_before,
            'load_average_after': os.getloadavg(),
        },
        'backend': soak.backend,
        'mode': soak.mode,
        'seconds': soak.seconds,
        'is_complete': soak.is_complete,
        'good_hz': soak.good_hz,
        'flat_out_hz': {f'{w}x{h}': hz for (w, h), hz in soak.flat_out_hz.items()},
        'violations': found,
        'memory_mib': growth(soak.counts.runs, 'memory_mib'),
        'latency': summary(latencies_s) if latencies_s else None,
        'runs': [asdict(run) for run in soak.counts.runs],
    }


def _result(found: Sequence[str], is_complete: bool, log: Path) -> int:
    """Print what was wrong, if anything; return the exit code."""
    if not is_complete:
        print('\nended early by a signal')
    for each in found:
        print(f'violation   {each}')
    if found:
        print(f'\n{len(found)} violations; the log of the node is {log}')
        return 1
    print('\nno violations')
    return 0 if is_complete else 130


def _stay_alone(domain_id: int) -> None:
    """Keep overloads and faults from all other nodes: a domain of its own, on loopback."""
    os.environ['ROS_DOMAIN_ID'] = str(domain_id)
    if os.environ.get('ROS_DISTRO') == 'humble':  # which knows only the older name
        os.environ['ROS_LOCALHOST_ONLY'] = '1'
    else:
        os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


def _parser() -> ArgumentParser:
    phases = ''.join(f'  {each.name:<13} {each.meaning}\n' for each in PHASES)
    parser = ArgumentParser(
        'soak',
        description=__doc__,
        epilog=f'what happens, round after round, in any order:\n{phases}\n{LIMITS}',
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--minutes', type=positive, default=10.0, metavar='N',
        help='how long (default %(default)g); each phase happens once at least, and to start,'
        ' to measure and to change phases takes half a minute more',
    )
    parser.add_argument(
        '--seed', type=int, default=0, metavar='N',
        help='another one draws other orders, values and faults (default %(default)s)',
    )
    parser.add_argument(
        '--backend', choices=BACKEND_CHOICES, default='auto', metavar='NAME',
        help=f'inference runtime: {", ".join(BACKEND_CHOICES)} (default %(default)s)',
    )
    parser.add_argument(
        '--mode', choices=MODES, default='auto', metavar='NAME',
        help=f'{", ".join(MODES)} (default %(default)s); a phase changes it',
    )
    parser.add_argument(
        '--log', type=Path, default='soak_pose_node.log', metavar='FILE',
        help='what the node prints (default %(default)s)',
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='write everything here too')
    return parser
