"""What tests and plugin authors run the gateway against."""
