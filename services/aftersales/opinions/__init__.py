"""What both sides think of a request once the work is done."""
