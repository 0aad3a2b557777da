"""The rooms of Palier, one folder a service, and `kit`, the only code they share."""
