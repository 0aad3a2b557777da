"""What `palier bench` is made of: a broker, a cheap publisher, a do-nothing subscriber, the figures."""
