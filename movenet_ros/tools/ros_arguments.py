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

"""What ROS reads of a tool's command line; what it refuses is one line."""

from __future__ import annotations

from collections.abc import Sequence

from movenet_ros.core.errors import StartError
from movenet_ros.node.refusals import check_environment
from movenet_ros.node.refusals import rcl_reason
from movenet_ros.node.refusals import refused_arguments
import rclpy
from rclpy.context import Context
from rclpy.exceptions import NameValidationException
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args


def own_arguments(args: Sequence[str]) -> list[str]:
    """
    Return the arguments that are not for ROS.

    :raises StartError: if ROS cannot read its own.
    """
    try:
        return list(remove_ros_args(['', *args])[1:])
    except RuntimeError as error:
        raise StartError(refused_arguments(error)) from error


def start_ros(args: Sequence[str], context: Context | None = None) -> None:
    """
    Start ROS, which leaves signals to Python; what it refuses is not printed, but raised.

    :param context: None for the process's own.
    :raises StartError: if it refuses the arguments or the environment.
    """
    check_environment()
    leave = SignalHandlerOptions.NO
    try:
        rclpy.init(args=['', *args], context=context, signal_handler_options=leave)
    except RuntimeError as error:
        raise StartError(refused_arguments(error)) from error


def full_topic(node: Node, topic: str) -> str:
    """
    Return the full name of a topic, remapped.

    :raises StartError: if it is no name.
    """
    try:
        return str(node.resolve_topic_name(topic))
    except (NameValidationException, RuntimeError) as error:
        reason = rcl_reason(error).removeprefix('failed to resolve name: ')
        raise StartError(f"'{topic}' is no topic: {reason}") from error
