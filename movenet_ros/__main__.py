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

"""Every command of the package: ``python -m movenet_ros COMMAND``."""

from __future__ import annotations

from collections.abc import Sequence
import errno
from importlib import import_module
from io import TextIOWrapper
import os
from pathlib import Path
import signal
import sys
from typing import Any

from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.errors import StartError
from movenet_ros.core.needs import forgotten_venv

COMMANDS = {  # name: (module below movenet_ros, what it does)
    'analyse': ('tools.analyse.command', 'look at how people move: tables, a report to read'),
    'benchmark': ('tools.benchmark.command', 'measure the pipeline and the whole graph'),
    'demo': ('tools.demo.command', 'run the whole graph on a video, a camera or pictures'),
    'doctor': ('tools.doctor.command', 'check this machine and its ROS graph'),
    'echo': ('tools.echo.command', 'print one message of a topic'),
    'evaluate': ('tools.evaluate.command', 'measure AP, id switches, jitter, people in metres'),
    'fetch_model': ('tools.fetch_model.command', 'fetch the weights and convert them'),
    'humans_node': ('consumers.humans_node', 'the humans node: the bodies of REP 155'),
    'kinematics_node': ('consumers.kinematics_node', 'the kinematics node: what people do'),
    'pose_3d_node': ('consumers.pose_3d_node', 'the 3D node: poses and depth in, metres out'),
    'pose_node': ('node.pose_node', 'the node: images in, poses out'),
    'replay': ('replay.command', "run the node's pipeline over a bag or a video"),
    'soak': ('tools.soak.command', 'run the node under faults for minutes, and judge it'),
    'video_source': ('node.video_source', 'publish a video, a camera or pictures'),
    'view': ('tools.view.command', 'show the annotated stream in the browser'),
}

ROS_PACKAGES = ('builtin_interfaces', 'rcl_interfaces', 'rclpy', 'sensor_msgs', 'std_msgs')
ROS_FIX = 'source a ROS distribution (source /opt/ros/DISTRO/setup.bash), or run scripts/setup'
FIX = 'run rosdep install or scripts/setup (vision_msgs: apt install ros-DISTRO-vision-msgs)'

OPENCV = {
    'OPENCV_LOG_LEVEL': 'SILENT',  # errors are exceptions
    'OPENCV_FFMPEG_LOGLEVEL': '-8',
    # with 16 they burn twice the processor's time, waiting for each other, and save a twelfth
    'OPENCV_FOR_THREADS_NUM': '1',
}

USAGE = 'usage: python -m movenet_ros COMMAND [ARGUMENTS], or ros2 run movenet_ros COMMAND'


def run_command(name: str = '', args: Sequence[str] | None = None) -> int:
    """
    Run one command.

    :param name: of COMMANDS; empty takes the name that the program was started by.
    :param args: of the command; None takes the process's own.
    :return: the exit code.
    """
    name = name or Path(sys.argv[0]).stem
    module = f'movenet_ros.{COMMANDS[name][0]}'
    is_node = module.startswith(('movenet_ros.node.', 'movenet_ros.consumers.'))
    for variable, value in OPENCV.items():
        os.environ.setdefault(variable, value)
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == 'strict':
        sys.stdout.reconfigure(errors='backslashreplace')  # names of files need not be UTF-8
    for number in (signal.SIGTERM, signal.SIGHUP):  # both end it as Ctrl-C does
        if signal.getsignal(number) != signal.SIG_IGN:  # which nohup asks for
            signal.signal(number, signal.default_int_handler)
    if is_node:  # launch ends nodes by SIGINT, which a shell's background jobs would ignore
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        try:
            return int(_imported(module, 0 if is_node else 130).main(args))
        finally:
            sys.stdout.flush()  # what is wrong with the output shows here, after --help too
    except MoveNetError as error:
        sys.stdout.flush()  # the error comes last where both go into one file
        print(f'movenet_ros: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM):  # launch sends a second one
            signal.signal(number, signal.SIG_IGN)
        return 0 if is_node else 130  # a node is meant to be ended by a signal
    except BrokenPipeError:  # the reader of the output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what it still holds
        print(f'movenet_ros: the output cannot be written: {error.strerror}', file=sys.stderr)
        return 1


def _imported(module: str, code: int) -> Any:
    """
    Import a module; meanwhile a signal ends the process at once, which holds nothing yet.

    An exception within an import would print pages of unrelated errors, and a signal that waits
    for the end of the import waits for seconds on a busy machine.

    :param code: exit code of a process that a signal ends.
    :raises StartError: if it needs a package that is not installed or does not load.
    """
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, lambda *_: os._exit(code))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, before)  # scripts/demo blocks Ctrl-C until here
    try:
        return import_module(module)
    except ImportError as error:
        name = str(error.name).split('.')[0]
        if name == 'movenet_ros':
            raise
        fix = forgotten_venv() or (ROS_FIX if name in ROS_PACKAGES else FIX)
        problem = 'is not installed' if isinstance(error, ModuleNotFoundError) else 'does not load'
        reason = ' '.join(str(error).split())
        raise StartError(f'the Python package {name} {problem} ({reason}): {fix}') from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(argv: Sequence[str] | None = None) -> int:
    """Find the command on the command line and run it."""
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] in COMMANDS:
        sys.argv[0] = argv[0]  # what usage lines and ROS show
        return run_command(argv[0], list(argv[1:]))
    listing = '\n'.join(f'  {name:<15} {what}' for name, (_, what) in sorted(COMMANDS.items()))
    if not argv or argv[0] in ('-h', '--help'):
        try:
            print(f'{USAGE}\n\n{listing}', flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    print(f"movenet_ros: unknown command '{argv[0]}'\n{USAGE}\n\n{listing}", file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main())
