// Says where the right wrist of each person is. results[0] to results[16] are the keypoints in
// COCO's order, all of them in every message; results[17] is the person.
#include <rclcpp/rclcpp.hpp>
#include <vision_msgs/msg/detection2_d_array.hpp>

using vision_msgs::msg::Detection2DArray;

int main(int argc, char ** argv)
{
  constexpr auto kRightWrist = 10;
  rclcpp::init(argc, argv);
  auto node = rclcpp::Node::make_shared("wrists");
  auto subscription = node->create_subscription<Detection2DArray>(
    "poses", 10, [&](Detection2DArray::ConstSharedPtr msg) {
      for (const auto & person : msg->detections) {
        const auto & wrist = person.results[kRightWrist];
        const auto & place = wrist.pose.pose.position;
        if (wrist.hypothesis.score > 0.3 && !person.id.empty()) {  // empty: no id yet
          RCLCPP_INFO(
            node->get_logger(), "person %s: right wrist at %.0f, %.0f", person.id.c_str(),
            place.x, place.y);
        }
      }
    });
  rclcpp::spin(node);
  rclcpp::shutdown();
  return 0;
}
