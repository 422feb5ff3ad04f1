"""Steps of state machines."""
