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

"""Print messages of a topic as YAML: one, or more with --count."""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import ArgumentTypeError
from argparse import Namespace
from collections.abc import Sequence
import os
import sys
import time
from typing import Any

from movenet_ros.arguments import positive
from movenet_ros.core.errors import StartError
from movenet_ros.tools.echo.yaml_text import yaml_of
from movenet_ros.tools.matching_subscription import MatchingSubscription
from movenet_ros.tools.ros_arguments import full_topic
from movenet_ros.tools.ros_arguments import own_arguments
from movenet_ros.tools.ros_arguments import start_ros
from movenet_ros.tools.silence import explain
from movenet_ros.tools.silence import full_name
from movenet_ros.tools.silence import others_than
from movenet_ros.tools.silence import Statuses
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

PATIENCE_S = 4.0  # until it is told why nothing comes; programs announce themselves every 3 s
TELL_S = 5.0  # at least, from one such line to the next
POLL_S = 0.1
DEPTH = 10
EPILOG = (
    'The type and the QoS are those of the publishers. The exit code is 1 where --timeout ends'
    ' it before all messages have come.'
)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the messages."""
    argv = sys.argv[1:] if argv is None else argv
    args = parser().parse_args(own_arguments(argv))
    start_ros(argv)
    try:
        node = Node(
            f'movenet_echo_{os.getpid()}', start_parameter_services=False, enable_rosout=False
        )
        _echo(node, args)
    except KeyboardInterrupt:
        if args.count:  # of messages that have not all come
            raise
    finally:
        rclpy.try_shutdown()
    return 0


def _echo(node: Node, args: Namespace) -> None:
    """
    Print as many messages as are asked for.

    :raises StartError: if they do not come in time, or are of a type that is unknown here.
    """
    messages: list[Any] = []
    subscription = MatchingSubscription(
        node, full_topic(node, args.topic), lambda _, msg: messages.append(msg), DEPTH, ()
    )
    statuses = Statuses(node)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    begun_s = silent_since_s = time.monotonic()
    told_s = begun_s - TELL_S
    printed, told = 0, ''
    while True:
        publishers = subscription.update()
        executor.spin_once(timeout_sec=POLL_S)
        now_s = time.monotonic()
        for msg in messages:
            print(f'{yaml_of(msg, args.full_length)}---', flush=True)
            printed, silent_since_s, told = printed + 1, now_s, ''
            if printed == args.count:
                return
        messages.clear()
        is_over = args.timeout is not None and now_s - begun_s > args.timeout
        if is_over and printed and not args.count:
            return
        if is_over or now_s - silent_since_s > PATIENCE_S:
            others = others_than(subscription.topic, node)
            mine = statuses.of([full_name(each) for each in publishers])
            why = explain(subscription.topic, publishers, others, mine)
            if is_over:
                wanted = f' of {args.count}' if args.count else ''
                raise StartError(f'{printed}{wanted} messages in {args.timeout:g} s: {why}')
            if why != told and now_s - told_s > TELL_S:
                told, told_s = why, now_s
                print(f'movenet_ros: waiting: {why}', file=sys.stderr, flush=True)


def parser() -> ArgumentParser:
    """Return the command line's parser."""
    parser = ArgumentParser('echo', description=__doc__, epilog=EPILOG)
    parser.add_argument('topic', metavar='TOPIC', help='such as /poses or /diagnostics')
    parser.add_argument(
        '--count', type=_count, default=1, metavar='N',
        help='end after so many messages; 0: at Ctrl-C (default %(default)s)',
    )
    parser.add_argument(
        '--timeout', type=positive, metavar='S',
        help='end after so many seconds, with exit code 1 (default: wait)',
    )
    parser.add_argument(
        '--full-length', action='store_true', help='shorten no array and no text'
    )
    return parser


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f'{text} is no number of messages')
    return int(text)
