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

"""How every node of this package starts and ends."""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import RawDescriptionHelpFormatter
from collections import deque
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import suppress
import logging
import os
from pathlib import Path
import signal
import socket
import sys
from threading import Event
from threading import Thread
import time
import traceback
from typing import Any

from movenet_ros.core.errors import MoveNetError
from movenet_ros.core.errors import StartError
from movenet_ros.core.native_memory import keep_freed_memory
from movenet_ros.core.wording import one_line
from movenet_ros.node.middleware import make_room_for_images
from movenet_ros.node.refusals import check_environment
from movenet_ros.node.refusals import is_secured
from movenet_ros.node.refusals import rcl_reason
from movenet_ros.node.refusals import refused_arguments
from movenet_ros.node.refusals import refused_node
import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.logging import get_logger_effective_level
from rclpy.logging import LoggingSeverity
from rclpy.logging import set_logger_level
from rclpy.node import Node
from rclpy.utilities import remove_ros_args

ENDING = (signal.SIGINT, signal.SIGTERM)
UNREADABLE = 10  # messages in as many seconds are too many
PATIENCE_S = 1.5  # with code that is running when a signal comes


def run_node(
    make_node: Callable[[], Node], args: Sequence[str] | None = None, about: str | None = ''
) -> int:
    """
    Spin a node until it is told to end.

    :param make_node: raises MoveNetError where the node cannot start; a callback of the node may
        raise it too, when it cannot go on.
    :param args: the command line without the program's name; None takes the process's own.
    :param about: the text of --help; None where the caller has read the arguments.
    :return: the exit code: 0 when ended by SIGINT, SIGTERM or a shutdown, 1 with one line where
        it cannot start or go on.
    """
    keep_freed_memory()
    make_room_for_images()
    interrupt = _interrupting_once()
    for number in ENDING:  # they interrupt a long start, in a background job too
        signal.signal(number, interrupt)
    with _ending_in_time():
        return _run(make_node, sys.argv[1:] if args is None else args, about)


def _run(make_node: Callable[[], Node], args: Sequence[str], about: str | None) -> int:
    set_logger_level('rcl', LoggingSeverity.FATAL)  # it would say the same, at less length
    try:
        if about is not None:
            _refuse_what_ros_ignores(args, about)
        check_environment()
        rclpy.init(args=[sys.argv[0], *args])
    except KeyboardInterrupt:
        return 0
    except StartError as error:
        print(f'movenet_ros: {error}', file=sys.stderr)
        return 1
    except (RuntimeError, UnicodeEncodeError) as error:  # a params_file that is not there, say
        print(f'movenet_ros: {refused_arguments(error)}', file=sys.stderr)
        return 1
    if get_logger_effective_level('rcl') == LoggingSeverity.FATAL:  # not set by an argument
        set_logger_level('rcl', LoggingSeverity.UNSET)
    node: Node | None = None
    try:
        node = make_node()
        with _logging_to(node):
            _spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except RuntimeError as error:
        if not rclpy.ok():  # rclpy's, where a signal shut it down under a callback's feet
            return 0
        if not is_secured():
            raise
        print(f'movenet_ros: {refused_node(error)}', file=sys.stderr)
        return 1
    except SystemExit as done:
        return int(done.code or 0)
    except ParameterException as error:  # of a parameter of rclpy's own: use_sim_time
        print(f'movenet_ros: {" ".join(str(error).split())}', file=sys.stderr)
        return 1
    except MoveNetError as error:
        if not rclpy.ok():  # a signal that breaks an import off looks like a missing module
            return 0
        if node is not None:
            node.get_logger().fatal(str(error))
        else:
            print(f'movenet_ros: {error}', file=sys.stderr)
        return 1
    finally:
        _ignore_signals()
        if node is not None:
            node.destroy_node()
        with suppress(RuntimeError):  # its own thread for signals may be doing the same
            rclpy.try_shutdown()
        _ignore_signals()  # rclpy has put back what was there before it
    return 0


class _NodeLog(logging.Handler):
    """Passes lines of the parts that know no ROS to a node's log."""

    def __init__(self, node: Node) -> None:
        super().__init__(logging.WARNING)
        self._node = node

    def emit(self, record: logging.LogRecord) -> None:
        """Log a line."""
        self._node.get_logger().warning(record.getMessage())


@contextmanager
def _logging_to(node: Node) -> Iterator[None]:
    log, handler = logging.getLogger('movenet_ros'), _NodeLog(node)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def _interrupting_once() -> Callable[[int, Any], None]:
    """Return a handler of signals that leaves the end alone that the first one has begun."""
    numbers: list[int] = []

    def interrupt(number: int, frame: Any) -> None:
        numbers.append(number)
        if len(numbers) == 1:
            raise KeyboardInterrupt

    return interrupt


def _ignore_signals() -> None:
    """Launch sends a second one; where Python has a handler, it takes it back before its end."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _spin(node: Node) -> None:
    """Spin; a message of another node that rclpy cannot read does not end this one."""
    unreadable_at_s: deque[float] = deque(maxlen=UNREADABLE)
    while True:
        try:
            rclpy.spin(node)
            return
        except (RuntimeError, ValueError) as error:
            now_s = time.monotonic()
            unreadable_at_s.append(now_s)
            often = len(unreadable_at_s) == UNREADABLE and now_s - unreadable_at_s[0] < UNREADABLE
            if often or not rclpy.ok() or not _is_of_rclpy(error):
                raise
            reason = one_line(rcl_reason(error))
            node.get_logger().error(f'ROS cannot read a message: {reason}')


def _is_of_rclpy(error: Exception) -> bool:
    """Return whether an error passed through rclpy and the standard library alone."""
    library = Path(os.__file__).parent
    files = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    return all(
        'rclpy' in file.parts or file.parent == library or file == Path(__file__)
        for file in files
    )


@contextmanager
def _ending_in_time() -> Iterator[None]:
    """
    End the process soon after a signal, whatever code is running.

    Python's handlers wait for native code to return: a model that is being compiled, a GPU that
    hangs. The number of the signal is written into a socket at once, and a thread can act on it.
    """
    ours, pythons = socket.socketpair()
    pythons.setblocking(False)
    before = signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
    has_ended = Event()

    def watch() -> None:
        while (number := ours.recv(1)) and number[0] not in ENDING:
            pass
        if number and not has_ended.wait(PATIENCE_S):
            sys.stderr.flush()
            os._exit(0)

    Thread(target=watch, name='ending in time', daemon=True).start()
    try:
        yield
    finally:
        has_ended.set()
        signal.set_wakeup_fd(before)
        pythons.close()  # which ends the thread


def _refuse_what_ros_ignores(args: Sequence[str], about: str) -> None:
    """
    Answer --help, and refuse arguments that ROS would pass over without a word.

    :raises SystemExit: with 0 for help, 2 for what is refused.
    """
    parser = ArgumentParser(
        Path(sys.argv[0]).name,
        usage='%(prog)s [-h] [--ros-args -p NAME:=VALUE ... -r FROM:=TO ...]',
        description=about,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.parse_args(remove_ros_args([sys.argv[0], *args])[1:])
