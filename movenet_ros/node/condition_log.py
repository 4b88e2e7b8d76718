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

"""A condition that lasts: logged once when it begins and once when it is over."""

from __future__ import annotations

from typing import NamedTuple

from rclpy.node import Node


class Condition(NamedTuple):
    """
    Something that is wrong.

    :param kind: while it stays the same, the sentence is not logged again.
    :param sentence: with the fix.
    """

    kind: str
    sentence: str


class ConditionLog:
    """
    Logs a condition when it begins and when it is over.

    :param node: whose log it is.
    :param camera: of several, with whose name its lines begin; empty: the only one.
    """

    def __init__(self, node: Node, camera: str = '') -> None:
        self._node = node
        self._prefix = f'{camera}: ' if camera else ''
        self._condition: Condition | None = None

    @property
    def sentence(self) -> str:
        """Return what is wrong now, or nothing."""
        return self._condition.sentence if self._condition else ''

    @property
    def kind(self) -> str:
        """Return the kind of what is wrong now, or nothing."""
        return self._condition.kind if self._condition else ''

    def report(
        self, condition: Condition | None, over: str = '', is_told: bool = False
    ) -> None:
        """
        Log a change.

        :param condition: that holds now, or None.
        :param over: what to log where nothing is wrong any more; empty logs nothing.
        :param is_told: whether the log has said so already.
        """
        before, self._condition = self._condition, condition
        if condition is None:
            if before is not None and over:
                self._node.get_logger().info(f'{self._prefix}{over}')
        elif not is_told and (before is None or before.kind != condition.kind):
            self._node.get_logger().warning(f'{self._prefix}{condition.sentence}')
