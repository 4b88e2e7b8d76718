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

"""What a soak asks the pose node for: transitions, parameters, and its own services."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from typing import Any

from lifecycle_msgs.srv import ChangeState
from movenet_ros.core.errors import StartError
from movenet_ros.tools.harness import NODE
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_srvs.srv import SetBool
from std_srvs.srv import Trigger

GIVE_UP_S = 15.0  # without an answer of the node
ANSWER_S = 60.0  # of a service: configure loads the model
TRANSITIONS = {'configure': 1, 'cleanup': 2, 'activate': 3, 'deactivate': 4}


class Stuck(StartError):
    """The node does not answer any more: the soak cannot go on."""


class Services:
    """
    Calls the pose node's services; a wrong answer is a fault.

    :param node: of the same namespace.
    :param wait: lets time go on until something is true or some seconds are over.
    :param fault: takes a sentence on each fault.
    """

    def __init__(
        self,
        node: Node,
        wait: Callable[[Callable[[], bool], float], bool],
        fault: Callable[[str], None],
    ) -> None:
        self._node = node
        self._wait = wait
        self._fault = fault
        self._clients: dict[str, Any] = {}

    def call(self, kind: Any, name: str, request: Any) -> Any:
        """
        Call a service of the pose node and wait for the answer.

        :raises Stuck: if none comes.
        """
        client = self._clients.get(name)
        if client is None:
            client = self._node.create_client(kind, f'{NODE}/{name}')
            self._clients[name] = client
        if not self._wait(client.service_is_ready, GIVE_UP_S):
            raise Stuck(f'there is no service ~/{name}: the soak ends here')
        future = client.call_async(request)
        if not self._wait(future.done, ANSWER_S):
            raise Stuck(f'~/{name} did not answer in {ANSWER_S:.0f} s: the soak ends here')
        return future.result()

    def change_state(self, transition: str | int, works: bool = True) -> None:
        """
        Ask for a transition.

        :param transition: its name, or a number that may be none.
        :param works: what the answer should be.
        """
        request = ChangeState.Request()
        number = TRANSITIONS[transition] if isinstance(transition, str) else transition
        request.transition.id = number
        if self.call(ChangeState, 'change_state', request).success != works:
            self._fault(f'transition {transition} {"failed" if works else "succeeded"}')

    def set_parameters(self, values: Mapping[str, Any], works: bool = True) -> None:
        """
        Set parameters, all or none.

        :param works: whether they should be accepted; a refusal has to have a reason.
        """
        parameters = [
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()
        ]
        request = SetParametersAtomically.Request(parameters=parameters)
        result = self.call(SetParametersAtomically, 'set_parameters_atomically', request).result
        if result.successful != works or not (works or result.reason):
            did = 'accepted' if result.successful else f"refused: '{result.reason}'"
            self._fault(f'setting {dict(values)} was {did}')

    @contextmanager
    def unconfigured(self) -> Iterator[None]:
        """Free the model, and load it again behind the ``with`` block."""
        self.change_state('deactivate')
        self.change_state('cleanup')
        yield
        self.change_state('configure')
        self.change_state('activate')

    def enable(self, enabled: bool) -> None:
        """Enable or disable the node."""
        answer = self.call(SetBool, 'enable', SetBool.Request(data=enabled))
        if not answer.success:
            self._fault(f'~/enable {enabled} failed: {answer.message}')

    def detect_once(self, works: bool = True) -> None:
        """
        Ask for the poses of one image.

        :param works: what the answer should be; it has to have a message.
        """
        answer = self.call(Trigger, 'detect_once', Trigger.Request())
        if answer.success != works or not answer.message:
            did = 'succeeded' if answer.success else 'failed'
            self._fault(f"~/detect_once {did}: '{answer.message}'")
