"""Count everybody once, and who crosses a line; with the detections of any node that gives ids."""

import rclpy
from vision_msgs.msg import Detection2DArray

LINE_X = 320  # pixels: upright, in the middle of an image of 640x480
NEAR = 20  # pixels from the line, within which people may stand and sway
seen, sides, crossed = set(), {}, {'left': 0, 'right': 0}


def on_detections(msg):
    before = len(seen), *crossed.values()
    for each in msg.detections:
        if not each.id:  # not yet
            continue
        seen.add(each.id)
        x = each.bbox.center.position.x
        if abs(x - LINE_X) > NEAR:
            side = 'right' if x > LINE_X else 'left'
            crossed[side] += sides.get(each.id, side) != side
            sides[each.id] = side
    if before != (len(seen), *crossed.values()):
        print(f'{len(seen)} people, {crossed["left"]} went left, {crossed["right"]} right')


rclpy.init()
node = rclpy.create_node('counter')
node.create_subscription(Detection2DArray, 'detections', on_detections, 10)
rclpy.spin(node)
