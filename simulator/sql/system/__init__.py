"""What a database tells of itself: system views, and what they are read from."""
