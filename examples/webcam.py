"""Say where everybody's nose is in a webcam's images, without ROS: webcam.py [CAMERA or VIDEO]."""

import sys
import time

import cv2
from movenet_ros import Perception
from movenet_ros import Settings

source = sys.argv[1] if sys.argv[1:] else '0'
camera = cv2.VideoCapture(int(source) if source.isdecimal() else source)
if not camera.isOpened():
    sys.exit(f'{source} cannot be opened: the first camera is 0; does another program have it?')
with Perception(Settings()) as perception:
    while (read := camera.read())[0]:
        image_rgb = cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)
        people = perception.people(image_rgb, time.monotonic_ns())
        nose = people.skeleton.index['nose']
        for person, xy, scores in zip(people.ids, people.keypoints, people.keypoint_scores):
            if person and scores[nose] > 0.3:  # 0: no id yet
                print(f'person {person}: nose at {xy[nose].round()}')
