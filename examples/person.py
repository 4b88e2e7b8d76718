"""Have Nav2's following server follow the person to follow, whenever there is one."""

import sys
import time

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import PoseStamped
import rclpy
from rclpy.action import ActionClient
from rclpy.callback_groups import ReentrantCallbackGroup

try:
    from nav2_msgs.action import FollowObject  # on Humble from opennav_following_msgs.action
except ImportError:
    sys.exit('FollowObject is missing: sudo apt-get install ros-$ROS_DISTRO-nav2-msgs, of Jazzy or'
             ' Lyrical; where that has none, see README.md beside this file')

LONGEST_S = 30  # of a goal, then comes the next: should this program end, the robot stops
busy_until_s = 0.0


async def on_person(msg):
    global busy_until_s
    if time.monotonic() < busy_until_s or not server.server_is_ready():
        return
    busy_until_s = time.monotonic() + LONGEST_S + 5.0  # should the server end without an answer
    topic, longest = node.resolve_topic_name('person'), Duration(sec=LONGEST_S)
    goal = FollowObject.Goal(pose_topic=topic, max_duration=longest)
    following = await server.send_goal_async(goal)
    end = following.accepted and await following.get_result_async()
    print(end.result.error_msg or 'followed' if end else 'the server rejects the goal')
    busy_until_s = time.monotonic() + 1.0


rclpy.init()
node = rclpy.create_node('follower')
server = ActionClient(node, FollowObject, 'follow_object')
others = ReentrantCallbackGroup()  # in which messages come while one waits for the server
node.create_subscription(PoseStamped, 'person', on_person, 1, callback_group=others)
rclpy.spin(node)
