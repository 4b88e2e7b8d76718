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

"""Look at what movenet_ros needs on this machine and in its ROS graph; change nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import ArgumentTypeError
from argparse import RawDescriptionHelpFormatter
from collections.abc import Collection
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from importlib import import_module
from importlib import metadata
import json
import os
from pathlib import Path
import shutil
import sys

from movenet_ros.core import machine
from movenet_ros.core.errors import ModelError
from movenet_ros.model.store import cache_directory
from movenet_ros.tools.doctor import environment
from movenet_ros.tools.doctor import runtimes
from movenet_ros.tools.doctor import software
from movenet_ros.tools.doctor import transport
from movenet_ros.tools.doctor.check import Check
from movenet_ros.tools.doctor.check import exit_code
from movenet_ros.tools.doctor.check import table
from movenet_ros.tools.doctor.graph import graph_checks
from movenet_ros.tools.doctor.graph_facts import Graph
from movenet_ros.tools.doctor.probe import Probe
from movenet_ros.tools.doctor.probe import probing

SECONDS, MOST_SECONDS = 3.0, 600.0
LOAD_S = 30.0  # that a package may take to load
TENSORFLOW_S = 90.0
GRAPH_S = 60.0  # that the graph may take beside being watched
NEEDED = (  # to look at the graph: rows that must not fail
    'NumPy', 'ROS', 'ament_index_python', 'diagnostic_msgs', 'lifecycle_msgs', 'sensor_msgs',
    'std_msgs',
)
CODES = """\
Each row is ok, warn (something does not work in some cases) or fail (nothing can work), with what
to do about it. The exit code is 1 if any row is fail; 0 otherwise, also with warnings; 2 if the
arguments are wrong.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Look at everything, print the table and tell whether something failed."""
    args = _parser().parse_args(argv)
    _say('loading the packages and runtimes')
    only = ['/' + each.lstrip('/') for each in args.topics]
    checks, runtimes_may_load = _packages()
    if runtimes_may_load:
        checks += _runtimes()
    checks += _transport(args.seconds, only, has_ros=not _failed(checks, NEEDED))
    if args.json:
        rows = [asdict(each) for each in checks]
        print(json.dumps({'exit_code': exit_code(checks), 'checks': rows}, indent=1))
    else:
        print(table(checks))
        print(f'\n{_summary(checks)}')
    return exit_code(checks)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        'doctor', description=__doc__, epilog=CODES, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument(
        'topics', nargs='*', metavar='TOPIC', help='image topics to watch (default: all, up to 8)'
    )
    parser.add_argument(
        '--seconds', type=_seconds, default=SECONDS, metavar='N',
        help='how long to watch image topics; 0 subscribes to none (default %(default)g)',
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


def _say(line: str) -> None:
    print(f'movenet_ros: {line}', file=sys.stderr, flush=True)


def _failed(checks: Sequence[Check], names: Collection[str]) -> bool:
    return any(each.name in names and each.status == 'fail' for each in checks)


def _packages() -> tuple[list[Check], bool]:
    """Look at Python and its packages; tell whether there is any sense in loading runtimes."""
    with ExitStack() as stack:
        vision, ros, cv_bridge = (
            stack.enter_context(probing(name, timeout_s=LOAD_S))
            for name in ('vision', 'ros', 'cv_bridge')
        )
        seen = vision.result()
        checks = [
            software.python_check(sys.version_info[:3], sys.executable, _version('movenet_ros')),
            *software.vision_checks(seen, _opencvs()),
            software.cv_bridge_check(cv_bridge.result(), _version('numpy')),
            *software.ros_checks(ros.result(), os.environ),
        ]
    return checks, seen.facts is not None and 'numpy' not in seen.facts['failed']


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ''


def _opencvs() -> list[str]:
    """Name the packages of pip that bring cv2."""
    names = {str(each.metadata['Name']).lower() for each in metadata.distributions()}
    return sorted(each for each in names if each.startswith(('opencv-python', 'opencv-contrib')))


def _runtimes() -> list[Check]:
    """Look at the runtimes, and at TensorFlow, which takes long to load, only if it would run."""
    in_sight = machine.gpu_in_sight()
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(probing(name, timeout_s=LOAD_S))
            for name in ('onnxruntime', 'openvino')
        }
        probes: dict[str, Probe | None] = {name: each.result() for name, each in started.items()}
    has_other = any(each and each.facts is not None for each in probes.values())
    version = _version('tensorflow')
    if version and has_other and not in_sight:
        probes['tensorflow'] = None
    else:
        if version:
            _say('loading TensorFlow, which takes a while')
        with probing('tensorflow', timeout_s=TENSORFLOW_S) as probe:
            probes['tensorflow'] = probe.result()
    works = [name for name, each in probes.items() if each is None or each.facts is not None]
    return [
        *runtimes.runtime_checks(probes, in_sight, {'tensorflow': version}),
        runtimes.model_check(works),
        *_cache(),
    ]


def _cache() -> list[Check]:
    try:
        folder = cache_directory()
    except ModelError as error:
        return [Check('cache', 'fail', str(error), 'export XDG_CACHE_HOME=FOLDER')]
    return [runtimes.cache_check(folder, _free_mib, lambda path: os.access(path, os.W_OK))]


def _free_mib(path: Path) -> float:
    return shutil.disk_usage(path).free / transport.MIB


def _transport(seconds: float, only: Sequence[str], has_ros: bool) -> list[Check]:
    """Look at the graph, and at what its images go through."""
    env = os.environ
    domain = environment.domain_check(env)
    graph: Graph | None = None
    seen: list[Check] = []
    if has_ros and domain.status != 'fail':
        graph, seen = _graph(seconds, only)
    others = environment.process_checks(environment.pose_node_processes(), env)
    sizes = [each.watch.size_bytes for each in graph.topics if each.watch] if graph else []
    largest = max(sizes, default=0)
    rmw = graph.rmw if graph else env.get('RMW_IMPLEMENTATION', '')
    return [
        domain,
        environment.discovery_check(env),
        *([] if graph and graph.pose_nodes else others),
        transport.container_check(transport.in_a_container()),
        transport.profile_check(env, rmw, largest, _our_profile()),
        transport.shared_memory_check(transport.shared_memory()),
        transport.socket_check(transport.socket_sizes(), largest or transport.IMAGE_BYTES),
        *seen,
    ]


def _graph(seconds: float, only: Sequence[str]) -> tuple[Graph | None, list[Check]]:
    _say(f'looking at the ROS graph, {seconds:g} s of it at its image topics')
    argument = {'seconds': seconds, 'only': only}
    with probing('graph', argument, timeout_s=seconds + GRAPH_S) as probe:
        found = probe.result()
    if found.facts is None:
        cure = 'see the rows above, or try: unset RMW_IMPLEMENTATION'
        return None, [Check('graph', 'fail', f'ROS does not start: {found.reason}', cure)]
    graph = Graph.of(found.facts)
    return graph, graph_checks(graph)


def _our_profile() -> Path | None:
    found: dict[str, str] = {}
    try:
        import_module('movenet_ros.node.middleware').make_room_for_images(found)
    except ImportError:  # no ROS: its row says so
        return None
    return next(map(Path, found.values()), None)


def _summary(checks: Sequence[Check]) -> str:
    numbers = ', '.join(
        f'{sum(each.status == status for each in checks)} {status}'
        for status in ('ok', 'warn', 'fail')
    )
    return f'{numbers}: exit code {exit_code(checks)}'
