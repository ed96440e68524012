"""What is said of appointments and services."""
