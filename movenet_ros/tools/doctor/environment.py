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

"""What the doctor says of who hears whom: the environment of this shell, and of the node's."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from movenet_ros.tools.doctor.check import Check

DOMAINS, SAFE_DOMAINS = range(233), range(102)  # Linux takes the ports of the others for itself
RANGES = ('SUBNET', 'LOCALHOST', 'OFF', 'SYSTEM_DEFAULT')
SHARED = (  # what two programs must agree in, to hear each other; and what ROS takes for unset
    ('ROS_DOMAIN_ID', '0'), ('RMW_IMPLEMENTATION', ''), ('ROS_LOCALHOST_ONLY', '0'),
    ('ROS_AUTOMATIC_DISCOVERY_RANGE', 'SUBNET'), ('ROS_DISCOVERY_SERVER', ''),
)

Environment = Mapping[str, str]


def domain_check(env: Environment) -> Check:
    """Judge ROS_DOMAIN_ID."""
    text = env.get('ROS_DOMAIN_ID', '')
    if not text:
        return Check('domain', 'ok', 'ROS_DOMAIN_ID is not set: domain 0')
    number = int(text) if text.isascii() and text.isdecimal() else -1
    cure = 'export ROS_DOMAIN_ID=0, or another from 1 to 101, the same in every shell'
    if number not in DOMAINS:
        return Check('domain', 'fail', f'ROS_DOMAIN_ID is {text}, not from 0 to 232', cure)
    if number not in SAFE_DOMAINS:
        finding = f'ROS_DOMAIN_ID is {text}: above 101, other programs may have its ports'
        return Check('domain', 'warn', finding, cure)
    return Check('domain', 'ok', f'ROS_DOMAIN_ID is {text}: only programs with the same are heard')


def discovery_check(env: Environment) -> Check:
    """Judge how far this shell's programs look for others."""
    within, localhost = env.get('ROS_AUTOMATIC_DISCOVERY_RANGE', ''), env.get('ROS_LOCALHOST_ONLY')
    peers, server = env.get('ROS_STATIC_PEERS', ''), env.get('ROS_DISCOVERY_SERVER', '')
    more = ''.join([
        f'; also {peers} (ROS_STATIC_PEERS)' if peers else '',
        f'; found by the server {server} (ROS_DISCOVERY_SERVER)' if server else '',
    ])
    far = 'for a camera on another machine: '
    if localhost == '1':
        finding = f'ROS_LOCALHOST_ONLY is 1: only this machine is heard{more}'
        return Check('discovery', 'ok', finding, far + 'unset ROS_LOCALHOST_ONLY')
    cure = 'export ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET'
    if within and within not in RANGES:
        choices = ', '.join(RANGES)
        finding = f'ROS_AUTOMATIC_DISCOVERY_RANGE is {within}, not one of {choices}'
        return Check('discovery', 'warn', finding, cure)
    if within == 'OFF':
        finding = f'ROS_AUTOMATIC_DISCOVERY_RANGE is OFF: nobody is heard{more}'
        return Check('discovery', 'warn', finding, cure)
    if within == 'LOCALHOST':
        finding = f'ROS_AUTOMATIC_DISCOVERY_RANGE is LOCALHOST: only this machine is heard{more}'
        return Check('discovery', 'ok', finding, far + cure)
    return Check('discovery', 'ok', f'this machine and its subnet{more}')


@dataclass(frozen=True)
class Process:
    """A process of a pose node, and its environment."""

    pid: int
    env: Environment


def pose_node_processes(proc: Path = Path('/proc')) -> list[Process]:
    """Find those that this user may look into."""
    found = []
    for folder in proc.glob('[0-9]*'):
        try:
            args = _strings(folder / 'cmdline')
            if not _is_pose_node(args):
                continue
            pairs = (each.partition('=') for each in _strings(folder / 'environ'))
            found.append(Process(int(folder.name), {name: value for name, _, value in pairs}))
        except OSError:
            continue
    return sorted(found, key=lambda each: each.pid)


def _is_pose_node(args: Sequence[str]) -> bool:
    """Tell by a command line; what started the node has the node's words in its own, too."""
    names = [Path(each).name for each in args[:4]]
    return (
        'pose_node' in names and 'ros2' not in names and 'movenet_ros' in ' '.join(args[:4])
        and names[0].startswith(('python', 'pose_node'))
    )


def _strings(path: Path) -> list[str]:
    return path.read_bytes().decode(errors='replace').rstrip('\0').split('\0')


def process_checks(processes: Iterable[Process], env: Environment) -> list[Check]:
    """Find pose nodes that run on this machine and cannot be heard from this shell."""
    checks = []
    for process in processes:
        differing = [
            (name, process.env.get(name) or usual, env.get(name) or usual)
            for name, usual in SHARED
            if (process.env.get(name) or usual) != (env.get(name) or usual)
        ]
        if differing:
            finding = _differences(process.pid, differing)
            cure = '\n'.join(
                f'export {name}={theirs}' if theirs else f'unset {name}'
                for name, theirs, _ in differing
            )
            checks.append(Check('other shell', 'warn', finding, cure))
    return checks


def _differences(pid: int, differing: Sequence[tuple[str, str, str]]) -> str:
    said = ', '.join(
        f'{name} {theirs or "not set"} (here {mine or "not set"})'
        for name, theirs, mine in differing
    )
    return f'a pose node (process {pid}) is not heard here: it has {said}'
