"""Count the people; the same works with the detections of any other node."""

import rclpy
from vision_msgs.msg import Detection2DArray


def on_detections(msg):
    widths = [each.bbox.size_x for each in msg.detections]
    print(f'{len(widths)} people, the nearest looks {max(widths, default=0.0):.0f} pixels wide')


rclpy.init()
node = rclpy.create_node('counter')
node.create_subscription(Detection2DArray, 'detections', on_detections, 10)
rclpy.spin(node)
