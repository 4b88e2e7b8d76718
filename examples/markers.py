"""Say where each person's label stands in space; RViz and Foxglove show the whole of markers."""

import rclpy
from visualization_msgs.msg import Marker
from visualization_msgs.msg import MarkerArray


def on_markers(msg):
    for each in msg.markers:
        if each.type == Marker.TEXT_VIEW_FACING:
            place = each.pose.position
            print(f'{each.text} at {place.x:.2f}, {place.y:.2f}, {place.z:.2f}')


rclpy.init()
node = rclpy.create_node('labels_in_space')
node.create_subscription(MarkerArray, 'markers', on_markers, 10)
rclpy.spin(node)
