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

"""COCO's annotations, results and scores; the figures are pycocotools' own."""

from __future__ import annotations

from contextlib import redirect_stdout
import io
import json
from pathlib import Path
from typing import Any

from movenet_ros.core.errors import StartError
from movenet_ros.core.file_magic import Form
from movenet_ros.core.needs import needs
from movenet_ros.core.poses import Poses
from movenet_ros.core.skeleton import COCO
from movenet_ros.core.source_kind import kind_of
from movenet_ros.core.source_kind import pointer_in
import numpy as np

PERSON_CATEGORY = 1  # in COCO
TAKEN = ('area', 'bbox', 'image_id', 'iscrowd', 'keypoints', 'num_keypoints')  # by pycocotools
METRICS = {'AP': 0, 'AP50': 1, 'AP75': 2, 'AP_medium': 3, 'AP_large': 4, 'AR': 5}


def ground_truth(path: Path) -> Any:
    """
    Read COCO annotations.

    :return: pycocotools' COCO.
    :raises StartError: if the file cannot be read or holds no keypoints.
    """
    coco = needs('pycocotools.coco')
    if pointer := pointer_in(path):
        raise StartError(pointer)
    try:
        data = json.loads(path.read_text('utf-8-sig'))
        truth = coco.COCO()
        truth.dataset = data
        with redirect_stdout(io.StringIO()):
            truth.createIndex()
        has_keypoints = any(
            'keypoints' in each and each['category_id'] == PERSON_CATEGORY
            for each in truth.anns.values()
        )
    except OSError as error:
        raise StartError(f'cannot read {path}: {error.strerror}') from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if (content := kind_of(path)).form is Form.ARCHIVE:
            raise StartError(content.sentence(path)) from error
        kind = type(error).__name__
        raise StartError(f'{path} is no COCO annotation file: {kind}: {error}') from error
    if not has_keypoints:
        raise StartError(
            f'{path} has no keypoints of category {PERSON_CATEGORY}, which is the person in COCO'
            ' (person_keypoints_*.json has)'
        )
    return truth


def read_pictures(annotations: Path, folder: Path) -> Any:
    """
    Read the annotations of pictures, and look whether they have all that AP takes.

    :param folder: with the pictures in it, or in folders of it.
    :return: pycocotools' COCO.
    :raises StartError: if anything is missing that would show only after a long run.
    """
    truth = ground_truth(annotations)
    kind = kind_of(folder)
    if kind.form is not Form.PICTURES and (
        not folder.is_dir() or not any(each.is_dir() for each in folder.iterdir())
    ):
        raise StartError(f'--images takes a folder of pictures: {kind.sentence(folder)}')
    if not truth.cats:
        raise StartError(f'{annotations} has no categories, which AP takes')
    for number, person in truth.anns.items():
        if person['category_id'] != PERSON_CATEGORY:
            continue
        lacking = [name for name in TAKEN if person.get(name) is None]
        if not lacking and np.size(person['keypoints']) != 3 * len(COCO):
            lacking = [f'{len(COCO)} keypoints of 3 numbers']
        if not lacking and not np.isfinite(person['area']):
            lacking = ['area that is a number']
        if lacking:
            raise StartError(
                f"{annotations}: annotation {number} has no {lacking[0]}, which AP takes (COCO's"
                f' have {", ".join(TAKEN)})'
            )
        if person['image_id'] not in truth.imgs:
            raise StartError(
                f'{annotations}: annotation {number} is for image {person["image_id"]!r}, which is'
                ' not in it (fix: its image_id is the id of one of its images, a number)'
            )
    return truth


def results(poses: Poses, image_id: int) -> list[dict[str, Any]]:
    """
    Make COCO results of the people in one image.

    COCO's coordinates are taken to be continuous, as ours are; half a pixel less lowers AP by
    half a point. Its evaluation ignores the third value of a keypoint.
    """
    visible = np.ones((*poses.keypoint_scores.shape, 1))
    triples = np.concatenate([poses.keypoints, visible], axis=-1)
    return [
        {
            'image_id': image_id,
            'category_id': PERSON_CATEGORY,
            'keypoints': triples[i].ravel().tolist(),
            'score': float(poses.scores[i]),
        }
        for i in range(len(poses))
    ]


def score(truth: Any, detections: list[dict[str, Any]], image_ids: list[int]) -> dict[str, float]:
    """
    Compare with the ground truth by pycocotools; without any detection all scores are 0.

    :raises StartError: if the annotations are not whole.
    """
    if not detections:
        return dict.fromkeys(METRICS, 0.0)
    cocoeval = needs('pycocotools.cocoeval')
    try:
        with redirect_stdout(io.StringIO()):
            evaluation = cocoeval.COCOeval(truth, truth.loadRes(detections), 'keypoints')
            evaluation.params.imgIds = image_ids
            evaluation.params.catIds = [PERSON_CATEGORY]
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
    except KeyError as error:
        raise StartError(f"an annotation lacks {error}, which COCO's have") from error
    return {name: float(evaluation.stats[i]) for name, i in METRICS.items()}
