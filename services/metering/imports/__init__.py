"""Files of past consumption: taken in from people, read and stored by a worker, undone on request."""
