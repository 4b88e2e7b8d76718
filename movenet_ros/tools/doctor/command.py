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

"""Check what movenet_ros needs on this machine and in its ROS graph; nothing is changed."""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import ArgumentTypeError
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from dataclasses import replace
import json
import sys

from movenet_ros.core.needs import forgotten_venv
from movenet_ros.tools.doctor import checks
from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.check import exit_code
from movenet_ros.tools.doctor.check import table
from movenet_ros.tools.doctor.probe import GRAPH_S
from movenet_ros.tools.doctor.probe import probing

SECONDS, MOST_SECONDS = 3.0, 600.0
CODES = """\
Each row is ok, warn (something does not work in some cases) or fail (nothing can work), with what
to do about it. The exit code is 1 if any row is fail; 0 otherwise, also with warnings; 2 if the
arguments are wrong. "ros2 doctor" runs these checks, too.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Check everything, print the table, and return 1 if something failed."""
    args = _parser().parse_args(argv)
    rows = run_checks(args.seconds, args.topics)
    if args.json:
        content = {'exit_code': exit_code(rows), 'checks': [asdict(each) for each in rows]}
        print(json.dumps(content, indent=1))
    else:
        print(f'{table(rows)}\n\n{_summary(rows)}')
    return exit_code(rows)


def run_checks(seconds: float = SECONDS, topics: Sequence[str] = ()) -> list[Check]:
    """
    Run all checks, each in a process of its own.

    :param seconds: how long to receive images; 0 subscribes to no image topic.
    :param topics: of images; empty for all that are published.
    """
    _log('loading the packages')
    with ExitStack() as stack:
        names = ('libraries', 'ROS', 'cv_bridge', 'model')
        probes = [stack.enter_context(probing(each)) for each in names]
        libraries, ros, cv_bridge, model = (each.result() for each in probes)
    rows = [*libraries, *ros, *cv_bridge, *model]
    if (fix := forgotten_venv()) and exit_code(rows):
        rows = [each if each.status == 'ok' else replace(each, fix=fix) for each in rows]
    if not exit_code([*libraries, *model]):
        _log('running the model')
        with probing('runtime') as runtime:
            rows += runtime.result()
    rows += [*checks.shared_memory(), *checks.shells()]
    if not exit_code([*libraries, *ros]):
        _log(f'looking at the ROS graph, {seconds:g} s of it at its image topics')
        only = ['/' + each.lstrip('/') for each in topics]
        arguments = {'seconds': seconds, 'only': only}
        with probing('graph', arguments, seconds + GRAPH_S) as graph:
            rows += graph.result()
    return rows


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        'doctor', description=__doc__, epilog=CODES, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'topics', nargs='*', metavar='TOPIC',
        help='image topics to subscribe to (default: all, up to 8)',
    )
    parser.add_argument(
        '--seconds', type=_seconds, default=SECONDS, metavar='N',
        help='how long to receive images; 0 subscribes to none (default %(default)g)',
    )
    parser.add_argument('--json', action='store_true', help='print JSON instead of the table')
    return parser


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= MOST_SECONDS:
        raise ArgumentTypeError(f'{text} is not from 0 to {MOST_SECONDS:.0f}')
    return value


def _log(line: str) -> None:
    print(f'movenet_ros: {line}', file=sys.stderr, flush=True)


def _summary(rows: Sequence[Check]) -> str:
    numbers = ', '.join(
        f'{sum(each.status == status for each in rows)} {status}'
        for status in ('ok', 'warn', 'fail')
    )
    return f'{numbers}: exit code {exit_code(rows)}'
