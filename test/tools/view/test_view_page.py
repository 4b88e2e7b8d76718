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

"""The page in a real browser: it shows what is published, and says so when nothing is."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

from browser import Browser
from browser import CHROMIUM
from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from movenet_ros.core.poses import Poses
from movenet_ros.messages.images import image_to_msg
from movenet_ros.messages.poses import poses_to_msg
from movenet_ros.tools.view.server import PageServer
from movenet_ros.tools.view.viewer import Viewer
import numpy as np
import pytest
from ros_graph import SpinNode
from ros_graph import World
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

pytestmark = pytest.mark.process

WAIT_S = 60.0
RED_BGR, BLUE_BGR = (0, 0, 255), (255, 0, 0)
PIXEL = "[...document.querySelector('canvas').getContext('2d').getImageData(30, 20, 1, 1).data]"
TEXT = 'document.body.innerText'
NEAR = 8  # of 255: a JPEG is not exact


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """Give a browser."""
    if not CHROMIUM:
        pytest.skip('no browser to look at the page with: sudo apt-get install chromium')
    browser = Browser(tmp_path)
    yield browser
    browser.close()


@pytest.fixture
def url(world: World, spin_node: SpinNode) -> Iterator[str]:
    """Give the address of a page that shows image_annotated of the world."""
    viewer = Viewer('image_annotated', context=world.context, namespace=world.namespace)
    spin_node(viewer)
    with PageServer(0) as server:
        server.source = viewer
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.url
        server.shutdown()
        thread.join(WAIT_S)


def test_the_page_shows_what_is_published_and_when_it_stops(
    browser: Browser, url: str, world: World, people_at: Callable[..., Poses]
) -> None:
    images = world.publisher(Image, 'image_annotated')
    poses = world.publisher(Detection2DArray, 'poses')
    diagnostics = world.publisher(DiagnosticArray, '/diagnostics')
    people = people_at((30, 20, 20), (50, 20, 15), score=0.83)
    people = Poses(**{**vars(people), 'ids': np.array([7, 0])})
    status = DiagnosticStatus(
        level=b'\1', name=f'{world.node.get_fully_qualified_name()[1:]}: images',
        message='the lens <b>cap</b> is on', hardware_id='movenet_ros',
    )

    def publish(color_bgr: tuple[int, int, int]) -> None:
        header = Header(stamp=world.node.get_clock().now().to_msg())
        images.publish(image_to_msg(np.full((48, 64, 3), color_bgr, np.uint8), header))
        poses.publish(poses_to_msg(people, header))
        diagnostics.publish(DiagnosticArray(status=[status]))

    def shows(color_bgr: tuple[int, int, int]) -> bool:
        publish(color_bgr)
        pixel = browser.value(PIXEL)
        return pixel is not None and np.allclose(pixel, [*color_bgr[::-1], 255], atol=NEAR)

    def says(*words: str) -> bool:
        text = browser.value(TEXT)
        return all(each in text for each in words)

    browser.visit(url)
    world.until(lambda: shows(RED_BGR), 'for the image')
    world.until(lambda: shows(RED_BGR) and says('live', '64 × 48'), 'for the image to be live')
    world.until(
        lambda: shows(RED_BGR) and says('People (2)', '#7', 'new', '0.83', '17 of 17'),
        'for the people',
    )
    world.until(
        lambda: shows(RED_BGR) and says('WARN', 'the lens <b>cap</b> is on'), 'for the status'
    )
    world.until(lambda: shows(BLUE_BGR), 'for the next image')
    assert browser.value('document.querySelector("canvas").getAttribute("aria-label")')
    world.until(lambda: says('No new image', 'nothing arrives'), 'for the end of the stream')
