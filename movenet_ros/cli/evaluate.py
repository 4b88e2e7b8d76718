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

"""
COCO keypoint AP and AR of the pipeline that the node runs.

The figures are pycocotools' own. A picture that cannot be read is named and left out, of the
ground truth too.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import redirect_stdout
import io
import json
from pathlib import Path
import sys
from typing import Any

from movenet_ros.backends import open_backend
from movenet_ros.cli.arguments import add_backend_arguments
from movenet_ros.cli.arguments import add_input_size_argument
from movenet_ros.cli.arguments import backend_request
from movenet_ros.cli.arguments import needs
from movenet_ros.cli.arguments import probability
from movenet_ros.core.errors import ImageError
from movenet_ros.core.errors import StartError
from movenet_ros.core.image import read_picture
from movenet_ros.core.pipeline import PoseEstimator
from movenet_ros.core.poses import Poses
import numpy as np

PERSON_CATEGORY = 1  # in COCO
METRICS = {'AP': 0, 'AP50': 1, 'AP75': 2, 'AP_medium': 3, 'AP_large': 4, 'AR': 5}


def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate and print the figures."""
    args = _parser().parse_args(argv)
    truth = _ground_truth(args.annotations)
    backend, why = open_backend(backend_request(args), print)
    print(f'backend {backend.info} ({why}), input size {args.input_size}', flush=True)
    estimator = PoseEstimator(backend, args.input_size, args.person_threshold)
    detections, done = _detect(estimator, truth, args.images)
    if not done:
        raise StartError(f'none of the pictures of {args.annotations} is in {args.images}')
    figures = _score(truth, detections, done)
    print(f'images {len(done)}, skipped {len(truth.imgs) - len(done)}')
    for name, value in figures.items():
        print(f'{name} {value:.3f}')
    if args.json is not None:
        report = {
            **figures,
            'images': len(done),
            'skipped': len(truth.imgs) - len(done),
            'backend': str(backend.info),
            'input_size': args.input_size,
            'person_threshold': args.person_threshold,
        }
        try:
            args.json.write_text(json.dumps(report, indent=2) + '\n')
        except OSError as error:
            raise StartError(f'cannot write {args.json}: {error.strerror}') from error
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser('evaluate', description=__doc__.strip().splitlines()[0])
    parser.add_argument(
        '--annotations', type=Path, required=True, metavar='COCO.json',
        help="ground truth in COCO's keypoint format",
    )
    parser.add_argument(
        '--images', type=Path, required=True, metavar='DIR', help='folder of the pictures'
    )
    add_input_size_argument(parser)
    parser.add_argument(
        '--person-threshold', type=probability, default=0.0, metavar='X',
        help='people scored below it are dropped (default 0, as AP asks)',
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here too')
    add_backend_arguments(parser)
    return parser


def _ground_truth(path: Path) -> Any:
    """
    Read COCO annotations.

    :raises StartError: if the file cannot be read or holds no keypoints.
    """
    coco = needs('pycocotools.coco')
    try:
        data = json.loads(path.read_text())
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
        kind = type(error).__name__
        raise StartError(f'{path} is no COCO annotation file: {kind}: {error}') from error
    if not has_keypoints:
        raise StartError(
            f'{path} has no keypoints of category {PERSON_CATEGORY}, which is the person in COCO'
            ' (person_keypoints_*.json has)'
        )
    return truth


def _detect(
    estimator: PoseEstimator, truth: Any, folder: Path
) -> tuple[list[dict[str, Any]], list[int]]:
    """Run the pipeline over every picture; return COCO results and the ids of those read."""
    progress = needs('tqdm').tqdm
    detections: list[dict[str, Any]] = []
    done: list[int] = []
    for image_id, entry in progress(sorted(truth.imgs.items()), unit='image', file=sys.stderr):
        name = str(entry.get('file_name', image_id))
        try:
            poses = estimator.estimate(read_picture(folder / name))
        except ImageError as error:
            progress.write(f'skipped {name}: {error}', file=sys.stderr)
            continue
        done.append(image_id)
        detections.extend(_results(poses, image_id))
    return detections, done


def _results(poses: Poses, image_id: int) -> list[dict[str, Any]]:
    """
    Make COCO results.

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


def _score(truth: Any, detections: list[dict[str, Any]], image_ids: list[int]) -> dict[str, float]:
    """
    Let pycocotools compare; without any detection everything is 0.

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
