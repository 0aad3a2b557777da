"""Devices that publish elsewhere than below their own topic: the broker takes it, and hands it to nobody."""
