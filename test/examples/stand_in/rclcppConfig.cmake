# The target of rclcpp that the example in C++ links, as find_package finds it: headers alone.
add_library(rclcpp::rclcpp INTERFACE IMPORTED)
target_include_directories(rclcpp::rclcpp INTERFACE ${CMAKE_CURRENT_LIST_DIR})
target_compile_features(rclcpp::rclcpp INTERFACE cxx_std_17)
