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

"""What a lifecycle node needs beyond rclpy's: errors that are seen, and a start by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lifecycle_msgs.srv import ChangeState
from movenet_ros.core.errors import StartError
from movenet_ros.core.wording import one_line
from movenet_ros.settings import hint
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import SetParameters
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.lifecycle import LifecycleNode
from rclpy.lifecycle import LifecycleState
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter

SUCCESS = TransitionCallbackReturn.SUCCESS
FAILURE = TransitionCallbackReturn.FAILURE
ERROR = TransitionCallbackReturn.ERROR

LONGEST_LABEL = 100  # of a transition
ANSWER_S = 0.3  # for the answer to "shutdown" to reach the client

ACTIVE = 'active'
UNCONFIGURED = 'unconfigured'


class ManagedNode(LifecycleNode):
    """
    A lifecycle node that logs transitions and why one fails, and ends when it is shut down.

    A subclass does the work in :meth:`configure`, :meth:`activate`, :meth:`deactivate` and
    :meth:`release`, which return what to log, and calls :meth:`check` often. A StartError rejects
    a transition; anything else that these raise is a bug and ends the node, where rclpy would
    ignore it.
    """

    def __init__(self, name: str, **node_args: Any) -> None:
        super().__init__(name, **node_args)
        self.state = UNCONFIGURED
        self.refusal: StartError | None = None
        self._is_starting = False
        self._is_lost = False
        self._bug: Exception | None = None
        self.steady_clock = Clock(clock_type=ClockType.STEADY_TIME)
        for service in self.services:
            if service.srv_type is ChangeState:
                service.callback = self._guarded(service.callback)
            elif service.srv_type in (SetParameters, SetParametersAtomically):
                service.callback = self._checked(service.callback)

    def configure(self) -> str:
        """Get everything ready."""
        return ''

    def activate(self) -> str:
        """Begin."""
        return ''

    def deactivate(self) -> str:
        """Stop, and keep everything ready."""
        return ''

    def release(self) -> str:
        """Free everything; in any state."""
        return ''

    def start(self, autostart: bool = True) -> None:
        """
        Configure and activate, or log the command that does.

        :raises StartError: if that is rejected.
        """
        if not autostart:
            self.get_logger().info(f'unconfigured: {self.command("configure")}')
            return
        self._is_starting = True  # the caller reports why it failed
        try:
            for transition in (self.trigger_configure, self.trigger_activate):
                transition()
                self.check()
                if self.refusal is not None:
                    raise self.refusal
        finally:
            self._is_starting = False

    def locked(self) -> str:
        """Return why parameters of the model cannot change now, or nothing."""
        if self.state == UNCONFIGURED:
            return ''
        steps = ('deactivate', 'cleanup') if self.state == ACTIVE else ('cleanup',)
        commands = ', '.join(self.command(step) for step in steps)
        return f'can be set while the node is unconfigured: {commands}'

    def command(self, transition: str) -> str:
        """Return the command that asks for a transition."""
        return f'ros2 lifecycle set {self.get_fully_qualified_name()} {transition}'

    def check(self) -> None:
        """
        Raise the first bug that a transition met.

        :raises Exception: a bug.
        """
        if self._bug is not None:
            raise self._bug

    def destroy_node(self) -> None:
        """Destroy the state machine, too: it would keep the node's name until collected."""
        super().destroy_node()
        destroy = getattr(self._state_machine, 'destroy_when_not_in_use', None)
        if destroy is not None:
            destroy()

    def give_up(self, reason: str) -> None:
        """Go from active to unconfigured, through the error handling of the lifecycle."""
        self.refusal = StartError(reason)
        self._is_lost = True
        again = self.command('configure')
        self.get_logger().error(f'{reason}; unconfigured now, "{again}" tries again')
        self.trigger_deactivate()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Answer the request to get ready."""
        self.refusal = None
        return self._go(self._configure, 'configuring', 'inactive')

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Answer the request to begin."""
        return self._go(self.activate, 'activating', ACTIVE)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Answer the request to stop, which is the node's own where it cannot go on."""
        result = self._go(self.deactivate, 'deactivating', 'inactive')
        return ERROR if self._is_lost else result

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Answer the request to free everything."""
        return self._go(self.release, 'cleaningup', UNCONFIGURED)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Answer the request to end: the process ends a moment later."""
        self.create_timer(ANSWER_S, self._end, clock=self.steady_clock)
        return self._go(self.release, 'shuttingdown', 'finalized')

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free everything; the next configure may have more luck."""
        self._is_lost = False
        return self._go(self.release, 'errorprocessing', UNCONFIGURED)

    def _configure(self) -> str:
        """Configure, or free what was opened before that failed."""
        try:
            return self.configure()
        except StartError:
            self.release()
            raise

    def _go(
        self, act: Callable[[], str], meanwhile: str, afterwards: str
    ) -> TransitionCallbackReturn:
        before, self.state = self.state, meanwhile
        try:
            line = act()
        except StartError as error:
            self.state, self.refusal = before, error
            if not self._is_starting:
                self.get_logger().error(str(error))
            return FAILURE
        except Exception as error:  # noqa: B902 (rclpy would drop it; check raises it again)
            if self._bug is None:
                self._bug = error
            else:  # met while cleaning up after the first one
                self._bug.__context__ = error
            return ERROR
        self.state = afterwards
        self.get_logger().info(f'{afterwards}: {line}' if line else afterwards)
        return SUCCESS

    def _guarded(self, change: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Reject what the state does not allow; in rclpy that request would end the node."""

        def answer(request: Any, response: Any) -> Any:
            if len(request.transition.label) > LONGEST_LABEL:  # rcl would log all of it
                return response
            try:
                return change(request, response)
            except RuntimeError:  # rcl has logged that there is no such transition
                if not self.context.ok():
                    raise
                response.success = False
                return response

        return answer

    def _checked(self, set_parameters: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Reject what is no parameter with a reason; in rclpy a wrong type would end the node."""

        def answer(request: Any, response: Any) -> Any:
            reasons = [self._no_parameter(each) for each in request.parameters]
            for each, why in zip(request.parameters, reasons, strict=True):
                if not why:
                    self._widen(each)
            if not any(reasons):
                return set_parameters(request, response)
            if isinstance(response, SetParametersAtomically.Response):
                response.result.reason = next(filter(None, reasons))
                return response
            good = [each for each, why in zip(request.parameters, reasons, strict=True) if not why]
            set_parameters(SetParameters.Request(parameters=good), response)
            results = iter(response.results)
            response.results = [
                SetParametersResult(successful=False, reason=why) if why else next(results)
                for why in reasons
            ]
            return response

        return answer

    def _widen(self, asked: Any) -> None:
        """Accept an integer for a double, as at the start: `ros2 param set ... 10` sends one."""
        is_double = self.get_parameter(asked.name).type_ == Parameter.Type.DOUBLE
        if is_double and asked.value.type == Parameter.Type.INTEGER.value:
            asked.value.type = Parameter.Type.DOUBLE.value
            asked.value.double_value = float(asked.value.integer_value)

    def _no_parameter(self, asked: Any) -> str:
        """Return why a request is for no parameter of ours, or nothing."""
        if not self.has_parameter(asked.name):
            known = self.get_parameters_by_prefix('')
            return f"there is no parameter '{one_line(asked.name, 80)}': {hint(asked.name, known)}"
        if asked.value.type not in {each.value for each in Parameter.Type}:
            return f'parameter {asked.name} cannot have the type {asked.value.type}'
        return ''

    def _end(self) -> None:
        raise SystemExit(0)
