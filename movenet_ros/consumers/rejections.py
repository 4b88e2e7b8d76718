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

"""Messages that cannot be used: a line of the log for each kind of reason, now and then."""

from __future__ import annotations

import time

from movenet_ros.core.wording import without_figures
from rclpy.node import Node

WARN_PERIOD_S = 5.0


class Rejections:
    """
    Logs why messages cannot be used.

    :param node: whose log it is.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._warned_s: dict[str, float] = {}

    def warn(self, what: str, reason: str) -> None:
        """Log a line, each kind now and then."""
        now_s, kind = time.monotonic(), without_figures(reason)
        if now_s - self._warned_s.get(kind, -WARN_PERIOD_S) >= WARN_PERIOD_S:
            self._warned_s = {k: s for k, s in self._warned_s.items() if now_s - s < WARN_PERIOD_S}
            self._warned_s[kind] = now_s
            self._node.get_logger().warning(f'{what}: {reason}')

    def has_told(self, kind: str) -> bool:
        """Return whether a line of the log has said lately what a kind of sentence says."""
        return any(told in kind for told in self._warned_s)
