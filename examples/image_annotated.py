"""Save the newest image, with the people drawn into it, as annotated.jpg."""

import cv2
import numpy as np
import rclpy
from sensor_msgs.msg import Image


def on_image(msg):  # always bgr8, without gaps between the rows
    image_bgr = np.frombuffer(msg.data, np.uint8).reshape(msg.height, msg.width, 3)
    cv2.imwrite('annotated.jpg', image_bgr)


rclpy.init()
node = rclpy.create_node('saver')
node.create_subscription(Image, 'image_annotated', on_image, 1)
rclpy.spin(node)
