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

"""What the nodes that make something of poses have in common."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import gc
from typing import Any
from typing import Protocol

from diagnostic_msgs.msg import DiagnosticStatus
from movenet_ros.node.diagnostics import Diagnostics
from movenet_ros.node.managed_node import ManagedNode
from movenet_ros.node.parameters import declare
from movenet_ros.node.parameters import on_change
from movenet_ros.node.run import run_node
from movenet_ros.settings import listing

UPDATE_PERIOD_S = 0.3  # how soon a new subscriber or publisher is noticed


class ConsumerStream(Protocol):
    """What such a node does with the messages of one camera."""

    def activate(self) -> str:
        """Subscribe as soon as an output has subscribers; return the topics, for the log."""

    def update(self) -> None:
        """Subscribe or unsubscribe, and log what is wrong; to be called often."""

    def apply(self, settings: Any) -> None:
        """Accept parameters that changed; they hold from the next message on."""

    def close(self) -> None:
        """Unsubscribe, and forget everything."""

    def report(self) -> Any:
        """Return the state, for /diagnostics; in any thread."""


class ConsumerNode(ManagedNode):
    """
    A node whose stream begins and ends with the lifecycle.

    :param table: of its parameters.
    :param check: raises StartError where parameters contradict each other.
    :param make_stream: of the node and its parameters.
    :param statuses: of its name and the report of the stream.
    :param node_args: keyword arguments of :class:`rclpy.node.Node`.
    :raises StartError: if a parameter does not allow a start.
    """

    def __init__(
        self,
        name: str,
        table: type[Any],
        check: Callable[[Any], None],
        make_stream: Callable[[ManagedNode, Any], ConsumerStream],
        statuses: Callable[[str, Any], list[DiagnosticStatus]],
        **node_args: Any,
    ) -> None:
        super().__init__(name, **node_args)
        settings = declare(self, table)
        check(settings)
        self.autostart: bool = settings.autostart
        self.stream: Any = make_stream(self, settings)
        self._check_settings = check
        on_change(self, settings, self._apply, self.locked)
        # steady: on simulated time a timer would not fire before the first /clock
        self.create_timer(UPDATE_PERIOD_S, self._update, clock=self.steady_clock)
        self._diagnostics = Diagnostics(
            self, lambda full_name: statuses(full_name, self.stream.report())
        )

    def activate(self) -> str:
        """Subscribe, as soon as an output has subscribers."""
        topics, idle = self.stream.activate(), self.stream.report().idle
        return f'{topics}, {idle}' if idle else topics

    def deactivate(self) -> str:
        """Read nothing any more."""
        self.stream.close()
        return 'poses are no longer read'

    def release(self) -> str:
        """Forget everything."""
        self.stream.close()
        return ''

    def destroy_node(self) -> None:
        """Stop publishing diagnostics, too."""
        self._diagnostics.close()
        super().destroy_node()

    def _update(self) -> None:
        self.check()
        self._diagnostics.check()
        self.stream.update()

    def _apply(self, settings: Any) -> None:
        self._check_settings(settings)
        self.stream.apply(settings)


def run_consumer(
    make: Callable[[], ConsumerNode], table: type[Any], args: Sequence[str] | None
) -> int:
    """
    Run a node until it is told to end.

    :param table: of its parameters, for --help.
    """
    def started() -> ConsumerNode:
        node = make()
        try:
            node.start(node.autostart)
        except BaseException:
            node.destroy_node()
            raise
        gc.collect()
        gc.freeze()  # a full collection need not look again at what has been loaded
        return node

    return run_node(started, args, listing(table))
