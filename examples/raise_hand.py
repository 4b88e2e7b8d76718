"""Turn a robot while somebody raises a hand, drive it while both; else it stands still."""

import time

from geometry_msgs.msg import Twist
from movenet_ros.messages import activities_from_msg
import rclpy
from vision_msgs.msg import Detection2DArray

ASKED = {  # m/s, rad/s: to the side on which the robot sees the hand
    'left_hand_raised': (0.0, -0.5),
    'right_hand_raised': (0.0, 0.5),
    'both_hands_raised': (0.2, 0.0),
}
FRESH_S = 0.5
driving, until_s = Twist(), 0.0


def on_activities(msg):
    global driving, until_s
    people, asked = activities_from_msg(msg), set()
    for person, activities in zip(people.ids, people.of_people):
        if person:  # 0: no id yet
            asked |= {ASKED[each.name] for each in activities if each.name in ASKED}
    driving, until_s = Twist(), time.monotonic() + FRESH_S
    if len(asked) == 1:  # where people ask for different things, it obeys nobody
        driving.linear.x, driving.angular.z = asked.pop()


def drive():  # even if no message comes any more: then the robot must stop
    cmd_vel.publish(driving if time.monotonic() < until_s else Twist())


rclpy.init()
node = rclpy.create_node('raise_hand')
cmd_vel = node.create_publisher(Twist, 'cmd_vel', 1)
node.create_subscription(Detection2DArray, 'activities', on_activities, 1)
node.create_timer(0.1, drive)
rclpy.spin(node)
