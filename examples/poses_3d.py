"""Stop a robot when any part of somebody is nearer than 1.5 m to its camera."""

from geometry_msgs.msg import Twist
from movenet_ros.messages import poses_3d_from_msg
import numpy as np
import rclpy
from vision_msgs.msg import Detection3DArray


def on_people(msg):
    people = poses_3d_from_msg(msg)  # arrays: positions (n, 17, 3) in metres, variances, ...
    if (np.linalg.norm(people.positions, axis=2) < 1.5).any():  # NaN is not
        stop.publish(Twist())


rclpy.init()
node = rclpy.create_node('stop')
stop = node.create_publisher(Twist, 'cmd_vel', 1)
node.create_subscription(Detection3DArray, 'poses_3d', on_people, 10)
rclpy.spin(node)
