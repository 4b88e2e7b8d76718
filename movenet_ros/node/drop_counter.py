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

"""How many images never arrived, by the numbers that publishers give their messages."""

from __future__ import annotations

from collections.abc import Sequence

NO_NUMBER = 2**64 - 1  # from a middleware that does not number messages


class DropCounter:
    """
    Counts the messages between those that arrived.

    Each publisher numbers its own messages, and a message does not tell whose it is. So numbers
    are compared only where one publisher alone had the topic from before the first message until
    after the last; and since the graph shows a new publisher late, a gap counts one call later.
    """

    def __init__(self) -> None:
        self._publishers: list[bytes] = []
        self.restart()

    @property
    def counts(self) -> bool:
        """Return whether messages that never arrive are counted now."""
        return self._number is not None and len(self._publishers) == 1

    def restart(self) -> None:
        """Forget the messages so far."""
        self._number: int | None = None
        self._missing = self._missing_before = 0
        self._is_mixed = False

    def arrive(self, number: int | None) -> None:
        """
        Note a message.

        :param number: that its publisher gave it; None if that is not known.
        """
        before, self._number = self._number, None if number == NO_NUMBER else number
        if before is None or self._number is None:
            return
        if self._number <= before:  # another publisher's, or of one that started again
            self._is_mixed = True
        else:
            self._missing += self._number - before - 1

    def settle(self, publishers: Sequence[bytes]) -> int:
        """
        Return how many messages have not arrived between the last two calls; to be called often.

        :param publishers: identities of those that have the topic now.
        """
        is_alone = len(publishers) == 1 and [*publishers] == self._publishers
        self._publishers = [*publishers]
        if not is_alone or self._is_mixed:
            self._missing = self._missing_before = 0
        if not is_alone:
            self.restart()
        missing, self._missing_before = self._missing_before, self._missing
        self._missing, self._is_mixed = 0, False
        return missing
