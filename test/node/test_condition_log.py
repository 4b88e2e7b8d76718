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

"""A condition is logged when it begins and when it is over."""

from __future__ import annotations

from typing import Any

from movenet_ros.node.condition_log import Condition
from movenet_ros.node.condition_log import ConditionLog
import pytest

A, B = Condition('a', 'a is wrong'), Condition('b', 'b is wrong')


@pytest.mark.parametrize(
    ('reports', 'levels'),
    [
        ([A, A._replace(sentence='still wrong'), A], ['warning']),
        ([A, None, None], ['warning', 'info']),
        ([None, None], []),
        ([A, B, B, A], ['warning'] * 3),
        ([A, None, A], ['warning', 'info', 'warning']),
    ],
    ids=['lasts', 'ends', 'never was', 'becomes another', 'comes back'],
)
def test_changes_are_logged(
    reports: list[Condition | None], levels: list[str], logging_node: Any
) -> None:
    log = ConditionLog(logging_node)
    for each in reports:
        log.report(each, 'over')
    assert [line.partition(':')[0] for line in logging_node.lines] == levels


def test_the_sentence_is_the_newest(logging_node: Any) -> None:
    log = ConditionLog(logging_node)
    log.report(A)
    log.report(A._replace(sentence='still wrong'))
    assert (log.kind, log.sentence) == ('a', 'still wrong')


def test_what_the_log_has_said_is_not_said_again_but_holds(logging_node: Any) -> None:
    log = ConditionLog(logging_node)
    log.report(A, is_told=True)
    assert (log.sentence, logging_node.lines) == ('a is wrong', [])
    log.report(None, 'over')
    assert len(logging_node.lines) == 1


def test_it_may_be_over_in_silence(logging_node: Any) -> None:
    log = ConditionLog(logging_node)
    log.report(A)
    log.report(None)
    assert (log.kind, log.sentence, len(logging_node.lines)) == ('', '', 1)
