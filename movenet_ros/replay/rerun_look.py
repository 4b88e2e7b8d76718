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

"""How the Rerun viewer shows people: its views, and the colours and lines of skeletons."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from movenet_ros.core.drawing import NO_ID_COLOR
from movenet_ros.core.drawing import PERSON_COLORS
from movenet_ros.core.needs import needs
from movenet_ros.core.skeleton import Skeleton

VIEWS = {  # the entity whose children each of the viewer's views shows
    'image': 'Spatial2DView', 'space': 'Spatial3DView', 'angles': 'TimeSeriesView',
    'scores': 'TimeSeriesView', 'activities': 'TextLogView',
}
LARGE = ('image', 'space')  # they are on the left


def layout(shown: Container[str]) -> Any:
    """Arrange views: the people on the left, what is told of them on the right."""
    sdk = needs('rerun.blueprint')
    views = {
        each: getattr(sdk, kind)(origin=each) for each, kind in VIEWS.items() if each in shown
    }
    left = [view for each, view in views.items() if each in LARGE]
    right = [view for each, view in views.items() if each not in LARGE]
    return sdk.Blueprint(sdk.Horizontal(sdk.Vertical(*left), sdk.Vertical(*right)))


def classes(skeleton: Skeleton) -> Any:
    """
    Describe people: a class for each colour, with the names of keypoints and the lines between.

    :return: for the entity above all people.
    """
    sdk = needs('rerun')
    names = [sdk.AnnotationInfo(id=i, label=name) for i, name in enumerate(skeleton.names)]
    return sdk.AnnotationContext([
        sdk.ClassDescription(
            info=sdk.AnnotationInfo(id=i, label='person', color=color_bgr[::-1]),
            keypoint_annotations=names,
            keypoint_connections=skeleton.edges,
        )
        for i, color_bgr in enumerate((NO_ID_COLOR, *PERSON_COLORS))
    ])


def class_of(track_id: int) -> int:
    """Return the class of a person, which has the colour of the annotated image."""
    return 1 + track_id % len(PERSON_COLORS) if track_id else 0
