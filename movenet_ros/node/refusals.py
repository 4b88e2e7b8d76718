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

"""Why ROS refuses to start a node, in one sentence that has the fix."""

from __future__ import annotations

import os
import re

from movenet_ros.core.errors import StartError
from movenet_ros.core.wording import one_line
from movenet_ros.node.middleware import installed

MAX_DOMAIN_ID = 232  # whose ports are still below 65536
LOGS = 'set HOME or ROS_LOG_DIR to a folder in which this user may write'
REASONS = (  # words of rcl, what they mean, how to fix that
    ('logging', 'ROS cannot write its log', LOGS),
    ('Failed opening file', 'ROS cannot write its log', LOGS),
    (
        'params file', 'ROS cannot read the params file',
        'parameters are below NODE: ros__parameters:, and the items of a list have one type',
    ),
    ('remap rule', 'ROS cannot read a remapping', 'write -r FROM:=TO, both names of ROS'),
    ('parameter override', 'ROS cannot read a parameter', 'write -p NAME:=VALUE'),
    ('log level', 'ROS knows no such log level', 'debug, info, warn, error, fatal'),
    ('nclave', 'ROS refuses the enclave', 'write its full name, such as /movenet'),
)
LEADS = re.compile(r'^(Failed to parse ROS arguments|failed to initialize (rcl|logging)): ')


def check_environment() -> None:
    """
    Refuse what rcl would answer with pages, or by ending the process.

    :raises StartError: if ROS could not start with these variables.
    """
    domain_id = os.environ.get('ROS_DOMAIN_ID', '') or '0'
    if not (domain_id.isdecimal() and int(domain_id) <= MAX_DOMAIN_ID):
        raise StartError(
            f"ROS_DOMAIN_ID is '{one_line(domain_id, 40)}': set ROS_DOMAIN_ID to a number from 0"
            f' to {MAX_DOMAIN_ID}'
        )
    if not any(os.environ.get(name) for name in ('ROS_LOG_DIR', 'ROS_HOME', 'HOME')):
        raise StartError(f'ROS cannot write its log, since HOME is not set: {LOGS}')


def refused_arguments(error: Exception) -> str:
    """Return why ROS does not start with the arguments and the environment of this process."""
    if isinstance(error, UnicodeEncodeError):
        given = one_line(error.object)
        return f'ROS takes no argument but UTF-8: {given}; try: a link to that file (ln -s)'
    reason = rcl_reason(error)
    detail = LEADS.sub('', reason).replace('. Error: error not set', '')
    for words, meaning, fix in REASONS:
        if words in reason:
            return f'{meaning} ({detail}): {fix}'
    if is_secured() and detail == 'error not set':  # rmw's words for it do not reach rclpy
        return f'ROS refuses to start with ROS_SECURITY_ENABLE: {security_page()}'
    return f'ROS refuses the arguments: {detail}'


def refused_node(error: Exception) -> str:
    """Return why ROS does not make a node or an endpoint of it, with SROS 2."""
    fix = f'does the policy of its enclave allow that? ({security_page()})'
    return f'ROS refuses the node: {rcl_reason(error)}: {fix}'


def rcl_reason(error: Exception) -> str:
    """Return what rcl reports, without the places in its source."""
    return re.sub(r', at /\S+:\d+', '', ' '.join(str(error).split()))


def is_secured() -> bool:
    """Return whether ROS is to keep others out, by SROS 2."""
    return os.environ.get('ROS_SECURITY_ENABLE') == 'true'


def security_page() -> str:
    """Return where the page on SROS 2 is."""
    return f'see {installed("doc/how-to/security.md")}'
