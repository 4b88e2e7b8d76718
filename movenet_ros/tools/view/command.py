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

"""Show a stream of images with its people and /diagnostics as a page in the browser."""

from __future__ import annotations

from argparse import ArgumentParser
from argparse import ArgumentTypeError
from argparse import Namespace
from collections.abc import Sequence
import os
import sys
from threading import Thread
import webbrowser

from movenet_ros.node.run import run_node
from movenet_ros.tools.ros_arguments import own_arguments
from movenet_ros.tools.view.server import DEFAULT_PORT
from movenet_ros.tools.view.server import PageServer
from movenet_ros.tools.view.viewer import Viewer

TOPIC = 'image_annotated'
EPILOG = (
    'While no page is open, nothing is subscribed to. Only browsers on this machine reach the'
    ' page; from another one: ssh -L 8080:127.0.0.1:8080 ROBOT. ROS arguments come last:'
    ' --ros-args -r __ns:=/robot'
)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until Ctrl-C."""
    argv = sys.argv[1:] if argv is None else argv
    args = parser().parse_args(own_arguments(argv))
    with PageServer(args.port) as server:  # a port that is taken is told at once
        return run_node(lambda: _open(server, args), argv, about=None)


def _open(server: PageServer, args: Namespace) -> Viewer:
    """Start to serve, and show the page where there is a desktop."""
    viewer = Viewer(args.topic)
    server.source = viewer
    Thread(target=server.serve_forever, name='http', daemon=True).start()
    print(f'{viewer.topic} is shown on {server.url}  (Ctrl-C ends)', flush=True)
    if args.browser and {'DISPLAY', 'WAYLAND_DISPLAY'} & {*os.environ}:
        Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
    return viewer


def parser() -> ArgumentParser:
    """Return the command line's parser."""
    parser = ArgumentParser('view', description=__doc__, epilog=EPILOG)
    parser.add_argument(
        'topic', nargs='?', default=TOPIC, metavar='TOPIC',
        help='of sensor_msgs/Image or CompressedImage (default %(default)s); people come from'
        ' poses in the same namespace',
    )
    parser.add_argument(
        '--port', type=_port, metavar='N',
        help=f'port of the page; 0: a free one (default {DEFAULT_PORT}, or a free one if another'
        ' program has it)',
    )
    parser.add_argument(
        '--no-browser', dest='browser', action='store_false',
        help='do not open the browser of the desktop',
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f'{text} is no port from 0 to 65535')
    return int(text)
